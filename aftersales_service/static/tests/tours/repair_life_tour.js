import {registry} from "@web/core/registry";

/** Open a page of the repair's form. */
function openPage(name) {
    return [
        {
            content: `The page ${name}`,
            trigger: `.o_notebook_headers .nav-link[name=${name}]:not(.active)`,
            run: "click",
        },
        {trigger: `.o_notebook_headers .nav-link[name=${name}].active`},
    ];
}

/** Choose what a many2one field offers. */
function choose(field, text) {
    return [
        {trigger: `.o_field_widget[name=${field}] input`, run: `edit ${text}`},
        {trigger: `ul.ui-autocomplete a:contains(${text})`, run: "click"},
    ];
}

/** Sign in a field, by typing the name. */
function sign(field) {
    return [
        {
            trigger: `.modal .o_field_widget[name=${field}] .o_signature_empty`,
            run: "click",
        },
        {trigger: ".modal .o_web_sign_auto_button", run: "click"},
        {
            content: "Adopt it once it is drawn",
            trigger: ".modal footer button.btn-primary:enabled:contains(Adopt)",
            run: "click",
        },
        {trigger: `.modal .o_field_widget[name=${field}] img.o_signature`},
    ];
}

/** A technician takes a unit in, finds the cause, repairs, tests, hands over and signs. */
registry.category("web_tour.tours").add("aftersales_repair_life_tour", {
    steps: () => [
        {
            content: "The case that waits for the technician",
            trigger: ".o_form_view .o_field_widget[name=title]",
        },
        {trigger: "button[name=action_create_repair].btn-primary:visible", run: "click"},
        ...openPage("aftersales_intake"),
        {
            trigger: ".o_field_widget[name=aftersales_scratches] label:contains(Light)",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=aftersales_condition] textarea",
            run: "edit Seen together: a scratch on the lid",
        },
        ...openPage("aftersales_diagnosis"),
        ...choose("aftersales_fault_id", "Does not switch on"),
        ...choose("aftersales_cause_id", "Quality: material"),
        {
            trigger: ".o_field_widget[name=aftersales_solution] textarea",
            run: "edit Seal replaced, tested at 6 bar",
        },
        {trigger: "button[name=action_validate]:visible:enabled", run: "click"},
        {trigger: "button[name=action_repair_start]:visible:enabled", run: "click"},
        {trigger: ".o_arrow_button_current[data-value=under_repair]:visible"},
        ...openPage("aftersales_finish"),
        {
            content: "What is missing is said before it is refused",
            trigger: ".o_field_widget[name=aftersales_checklist_html]:contains(quality test)",
        },
        {
            trigger: "button[name=action_repair_end]:visible:enabled",
            run: "click",
        },
        {trigger: ".o_arrow_button_current[data-value=done]:visible"},
        {
            trigger: ".o_statusbar_buttons button[name=action_aftersales_test]:visible",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name=result] label:contains(Passed)",
            run: "click",
        },
        {trigger: ".modal-footer button.btn-primary", run: "click"},
        {trigger: "body:not(:has(.modal))"},
        {
            trigger: ".o_statusbar_buttons button[name=action_aftersales_sign]:visible",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name=aftersales_technician_signed_by] input",
            run: "edit Technician",
        },
        ...sign("aftersales_technician_signature"),
        {
            trigger: ".modal .o_field_widget[name=aftersales_signed_by] input",
            run: "edit Head of Engineering",
        },
        ...sign("aftersales_customer_signature"),
        {trigger: ".modal-footer button:contains(Save Signatures)", run: "click"},
        {trigger: "body:not(:has(.modal))"},
        {
            trigger: ".o_statusbar_buttons button[name=action_aftersales_close]:visible",
            run: "click",
        },
        {
            content: "Closed",
            trigger: ".ribbon:contains(Closed), .o_widget_web_ribbon:contains(Closed)",
        },
    ],
});
