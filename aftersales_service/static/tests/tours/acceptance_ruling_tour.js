import {registry} from "@web/core/registry";

const tours = registry.category("web_tour.tours");

const toDiscard = [
    {content: "Leave the form as it is", trigger: ".o_form_saved, .o_form_readonly, body"},
];

/** From the list of units to the one with this serial. */
function openUnit(serial) {
    return [
        {
            content: `Open the unit ${serial}`,
            trigger: `.o_data_row td[name=name]:contains(${serial})`,
            run: "click",
        },
        {trigger: `.o_form_view .o_field_widget[name=name] input:value(${serial})`},
    ];
}

/** Open the dialog from the unit's form and enter the day of the acceptance. */
function enterAcceptance(day) {
    return [
        {
            trigger: ".o_form_view button[name=action_record_acceptance]:visible:enabled",
            run: "click",
        },
        {
            content: "The dialog knows the unit, which still waits",
            trigger: ".modal .o_data_row:contains(Not started)",
        },
        {trigger: ".modal button[data-field=date]", run: "click"},
        {trigger: ".modal input[data-field=date]", run: `edit ${day}`},
        {
            content: "Leaving the field takes the day over",
            trigger: ".modal .o_field_widget[name=signed_customer] input",
            run: "click",
        },
        {trigger: ".modal button[data-field=date]"},
    ];
}

/** The dialog says clearly what was refused; close it. */
function readRefusal(...sentences) {
    const needed = sentences.map((sentence) => `:contains(${sentence})`).join("");
    return [
        {content: "The refusal says why", trigger: `.o_error_dialog${needed}`},
        {trigger: ".o_error_dialog .modal-footer .btn-primary", run: "click"},
        {trigger: "body:not(:has(.o_error_dialog))"},
    ];
}

/** The agent mistypes the day: it is refused, and nothing is recorded. */
tours.add("aftersales_future_acceptance_tour", {
    steps: () => [
        ...openUnit("SN-WAITS"),
        ...enterAcceptance("12/31/2099"),
        {trigger: ".modal-footer button[name=action_record]", run: "click"},
        ...readRefusal("lies in the future (12/31/2099)"),
        {trigger: ".modal-footer button:contains(Discard)", run: "click"},
        {trigger: "body:not(:has(.modal))"},
        {
            content: "It still waits",
            trigger: ".o_aftersales_bar:contains(waits for: Acceptance)",
        },
        ...toDiscard,
    ],
});

/** The agent records what the customer signed: the cover runs from that day on. */
tours.add("aftersales_acceptance_tour", {
    steps: () => [
        ...openUnit("SN-WAITS"),
        {
            content: "The passport says what it waits for",
            trigger: ".o_form_view .alert:contains(the date of “Acceptance” is not recorded yet)",
        },
        ...enterAcceptance("03/10/2026"),
        {
            trigger: ".modal .o_field_widget[name=signed_customer] input",
            run: "edit Head of Engineering",
        },
        {
            trigger: ".modal .o_field_widget[name=signed_company] input",
            run: "edit Project Manager",
        },
        {trigger: ".modal-footer button[name=action_record]", run: "click"},
        {trigger: "body:not(:has(.modal))"},
        {
            content: "The bar runs from the acceptance to the last covered day",
            trigger: ".o_aftersales_bar:contains(Covered):contains(03/10/2026 – 03/09/2036)",
        },
        {
            trigger:
                ".o_form_view .alert:contains(Covered: Warranty from 03/10/2026 to 03/09/2036.)",
        },
        {trigger: ".o_notebook_headers a[name=timeline]", run: "click"},
        {trigger: ".o_aftersales_timeline li:contains(03/10/2026):contains(Accepted)"},
        ...toDiscard,
    ],
});

/** The salesperson records on the order what was accepted: all of its units at once. */
tours.add("aftersales_order_acceptance_tour", {
    steps: () => [
        {
            trigger: ".o_form_view button[name=action_record_acceptance]:visible:enabled",
            run: "click",
        },
        {trigger: ".modal .o_data_row:contains(SN-ONE):contains(Not started)"},
        {trigger: ".modal .o_data_row:contains(SN-TWO):contains(Not started)"},
        {trigger: ".modal-footer button[name=action_record]", run: "click"},
        {trigger: "body:not(:has(.modal))"},
        {
            trigger: "button[name=action_view_aftersales_units]:contains(2)",
            run: "click",
        },
        {trigger: ".o_data_row:contains(SN-ONE):contains(Covered)"},
        {trigger: ".o_data_row:contains(SN-TWO):contains(Covered)"},
        ...toDiscard,
    ],
});

/** The agent wants to repair what nobody knows to be covered, and is told why that must wait. */
tours.add("aftersales_undetermined_repair_tour", {
    steps: () => [
        ...openUnit("SN-FAILS"),
        {
            content: "A request about this unit",
            trigger: ".o_form_view button[name=action_new_request]:enabled",
            run: "click",
        },
        {
            content: "The unit has come along",
            trigger: ".o_field_widget[name=unit_id] input:value(SN-FAILS)",
        },
        {trigger: ".o_field_widget[name=title] input", run: "edit Motor does not start"},
        {trigger: ".o_form_button_save", run: "click"},
        {
            content: "Undetermined, and the request says what is missing",
            trigger: ".alert-warning:visible:contains(Warranty has not started)",
        },
        {trigger: "button[name=action_create_repair].btn-primary:visible", run: "click"},
        {trigger: ".o_field_widget[name=aftersales_result]:contains(Undetermined)"},
        {trigger: ".o_field_x2many_list_row_add a:contains(Add a line)", run: "click"},
        {trigger: ".o_selected_row .o_field_widget[name=product_id] input", run: "edit Seal"},
        {trigger: "ul.ui-autocomplete a:contains(Seal)", run: "click"},
        {trigger: "button[name=action_validate]:visible:enabled", run: "click"},
        {trigger: "button[name=action_repair_start]:visible:enabled", run: "click"},
        ...readRefusal(
            "Nobody knows yet who pays.",
            "the date of “Acceptance” is not recorded yet",
        ),
        {content: "Not begun", trigger: ".o_arrow_button_current[data-value=confirmed]"},
        ...toDiscard,
    ],
});

/** The manager grants goodwill, seeing what it changes before it is recorded. */
tours.add("aftersales_ruling_tour", {
    steps: () => [
        {
            trigger: ".o_data_row:contains(SN-FAILS):contains(Undetermined) td[name=name]",
            run: "click",
        },
        {trigger: ".o_form_view .alert:contains(is not recorded yet)"},
        {trigger: "button[name=action_rule]:visible:enabled", run: "click"},
        {trigger: ".modal .o_field_widget[name=result_before]:contains(Undetermined)"},
        {trigger: ".modal .o_field_widget[name=charged_before]:contains(200.00)"},
        {
            trigger: ".modal .o_field_widget[name=ruling] .o_radio_item:contains(Goodwill) input",
            run: "click",
        },
        {
            content: "What becomes of it",
            trigger: ".modal .o_field_widget[name=result_after]:contains(Covered)",
        },
        {trigger: ".modal .o_field_widget[name=charged_after]:contains(0.00)"},
        {
            trigger: ".modal .o_field_widget[name=reason] input",
            run: "edit The customer waited for us",
        },
        {trigger: ".modal-footer button[name=action_apply]", run: "click"},
        {trigger: "body:not(:has(.modal))"},
        {
            content: "The claim says what was decided and why",
            trigger:
                ".o_form_view .alert:contains(Free by goodwill, although not owed. The customer waited for us)",
        },
        {trigger: ".o_form_view .o_field_widget[name=result]:contains(Covered)"},
        {trigger: ".o_field_widget[name=charges_text]:contains(Parts: We – Free)"},
        {trigger: ".o_field_widget[name=ruling_user_id]:contains(tour_manager)"},
        ...toDiscard,
    ],
});

/** The agent goes on: the repair may start, and its part is free. */
tours.add("aftersales_goodwill_repair_tour", {
    steps: () => [
        {trigger: ".o_field_widget[name=aftersales_reason]:contains(The customer waited for us)"},
        {trigger: ".o_data_row:contains(Seal) td[name=aftersales_charge]:contains(We – Free)"},
        {trigger: "button[name=action_repair_start]:visible:enabled", run: "click"},
        {trigger: ".o_arrow_button_current[data-value=under_repair]"},
        ...toDiscard,
    ],
});
