import {registry} from "@web/core/registry";

const row = ".o_data_row:contains(Chiller runs hot)";
const chip = (milestone) => `.o_sla_chip[data-milestone=${milestone}]`;

/** The agent sees what is due, asks why, waits for the customer, goes on and answers. */
registry.category("web_tour.tours").add("aftersales_sla_tour", {
    steps: () => [
        {content: "Due at a glance", trigger: `${row} .o_sla_badge:contains(1d 22h left)`},
        {trigger: `${row} td[name=title]`, run: "click"},
        {
            content: "A chip per promise",
            trigger: `${chip("response")} .o_sla_badge:contains(1d 22h left)`,
        },
        {content: "Why this deadline?", trigger: chip("resolution"), run: "click"},
        {content: "What was counted", trigger: ".modal .o_sla_rows .o_sla_counted:contains(96:00)"},
        {
            content: "The sum is the target",
            trigger: ".modal .o_sla_rows tfoot tr[data-seconds='345600']:contains(4 Calendar days)",
        },
        {
            content: "Which policy was chosen",
            trigger: ".modal .o_sla_why_tried li:contains(Company: Three days)",
        },
        {trigger: ".modal .modal-footer button:contains(Back)", run: "click"},
        {trigger: "body:not(:has(.modal)) button[name=action_diagnose]", run: "click"},
        {trigger: "button[name=action_wait]:visible", run: "click"},
        {
            content: "Choose why",
            trigger: ".modal .o_radio_item label:contains(customer's answer)",
            run: "click",
        },
        {
            content: "What happens is said before",
            trigger: ".modal .o_field_widget[name=preview]:contains(Solution: stops; it was due)",
        },
        {trigger: ".modal button[name=action_apply]", run: "click"},
        {
            content: "The badge says what it waits for",
            trigger: `${chip("resolution")} .o_sla_badge.o_sla_paused:contains(customer's answer)`,
        },
        {
            content: "This reason does not stop the response",
            trigger: `${chip("response")} .o_sla_badge:contains(1d 22h left)`,
        },
        {trigger: "button[name=action_start]:visible", run: "click"},
        {
            content: "It goes on",
            trigger: `${chip("resolution")} .o_sla_badge:contains(2d 22h left)`,
        },
        {trigger: "button[name=action_respond]:visible", run: "click"},
        {
            content: "Answered in time",
            trigger: `${chip("response")} .o_sla_badge.o_sla_met:contains(Met in 1d 1h)`,
        },
        {trigger: "button[name=action_retarget]:visible", run: "click"},
        {trigger: ".modal .o_radio_item label:contains(Urgent)", run: "click"},
        {
            content: "What would move is said before",
            trigger: ".modal .o_field_widget[name=preview]:contains(Solution: )",
        },
        {trigger: ".modal button[name=action_apply]", run: "click"},
        {
            content: "The new promise counts",
            trigger: `${chip("resolution")} .o_sla_badge:contains(22h):not(:contains(2d))`,
        },
        {content: "Saved", trigger: ".o_form_saved, .o_form_readonly, body:not(:has(.modal))"},
    ],
});
