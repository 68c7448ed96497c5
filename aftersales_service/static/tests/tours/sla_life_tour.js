import {registry} from "@web/core/registry";

const row = ".o_data_row:contains(Chiller stopped)";
const chip = (milestone) => `.o_sla_chip[data-milestone=${milestone}]`;

/** What came by mail counts down; the agent waits for the customer and goes on. */
registry.category("web_tour.tours").add("aftersales_sla_mail_tour", {
    steps: () => [
        {content: "The mail counts", trigger: `${row} .o_sla_badge:contains(left)`},
        {trigger: `${row} td[name=title]`, run: "click"},
        {trigger: `${chip("resolution")} .o_sla_badge:contains(3h 59m left)`},
        {trigger: "button[name=action_diagnose]", run: "click"},
        {trigger: "button[name=action_wait]:visible", run: "click"},
        {
            trigger: ".modal .o_radio_item label:contains(customer's answer)",
            run: "click",
        },
        {trigger: ".modal button[name=action_apply]", run: "click"},
        {
            content: "Paused, and it says why",
            trigger: `${chip("resolution")} .o_sla_badge.o_sla_paused:contains(customer's answer)`,
        },
        {trigger: "button[name=action_start]:visible", run: "click"},
        {
            content: "It goes on",
            trigger: `${chip("resolution")} .o_sla_badge:contains(3h 59m left)`,
        },
    ],
});

/** The leader was told that it is late, takes care, and it is solved. */
registry.category("web_tour.tours").add("aftersales_sla_leader_tour", {
    steps: () => [
        {content: "Overdue in the list", trigger: `${row} .o_sla_badge:contains(Overdue)`},
        {trigger: `${row} td[name=title]`, run: "click"},
        {
            content: "The activity is the leader's",
            trigger: ".o-mail-Activity:contains(Solution overdue since)",
        },
        {trigger: "button[name=action_acknowledge]:visible", run: "click"},
        {
            content: "Everybody can read who takes care",
            trigger: ".o-mail-Message:contains(Escalation acknowledged: Solution)",
        },
        {trigger: "button[name=action_resolve]:visible", run: "click"},
        {
            content: "Met, but late",
            trigger: `${chip("resolution")} .o_sla_badge:contains(late)`,
        },
    ],
});
