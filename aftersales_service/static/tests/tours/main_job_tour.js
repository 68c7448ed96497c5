import {registry} from "@web/core/registry";
import tourUtils from "@sale/js/tours/tour_utils";

const tours = registry.category("web_tour.tours");

const toDiscard = [
    {content: "Leave the form as it is", trigger: ".o_form_saved, .o_form_readonly, body"},
];

/** The salesperson sells a machine with its promise and changes the terms for this order. */
tours.add("aftersales_salesperson_tour", {
    steps: () => [
        ...tourUtils.createNewSalesOrder(),
        ...tourUtils.selectCustomer("Harbour Hotel"),
        ...tourUtils.addProduct("Pump P200"),
        {
            content: "The terms of the category's plan have come with the product",
            trigger: ".o_data_row td[name=aftersales_policy_id] input:value(Tour policy)",
        },
        {
            content: "Promise other terms on this order",
            trigger: ".o_data_row td[name=aftersales_policy_id] input",
            run: "edit 3 years",
        },
        {trigger: "ul.ui-autocomplete a:contains(3 years from delivery)", run: "click"},
        ...tourUtils.clickSomewhereElse(),
        {trigger: ".o_statusbar_buttons button[name=action_confirm]:visible", run: "click"},
        {content: "Confirmed", trigger: ".o_arrow_button_current[data-value=sale]"},
        ...toDiscard,
    ],
});

/** The storekeeper ships the reserved serial; the unit appears by itself. */
tours.add("aftersales_storekeeper_tour", {
    steps: () => [
        {trigger: ".o_form_view button[name=button_validate]", run: "click"},
        {content: "Done", trigger: ".o_arrow_button_current[data-value=done]"},
        {
            content: "The transfer knows its unit",
            trigger: "button[name=action_view_aftersales_units]:contains(1)",
            run: "click",
        },
        {trigger: ".breadcrumb-item.active:contains(SN-TOUR-1), .o_breadcrumb:contains(SN-TOUR-1)"},
        {
            content: "The passport shows what covers it",
            trigger: ".o_form_view .alert:contains(Covered: Warranty)",
        },
        ...toDiscard,
    ],
});

/** The agent takes the call, scans the serial, repairs, quotes and finishes the case. */
tours.add("aftersales_agent_tour", {
    steps: () => [
        {trigger: ".o-kanban-button-new", run: "click"},
        {trigger: ".o_field_widget[name=title] input", run: "edit Pump leaks"},
        {trigger: ".o_field_widget[name=serial] input", run: "edit sn-tour-1"},
        {trigger: ".o_field_widget[name=title] input", run: "click"},
        {
            content: "Covered until when, said at once",
            trigger: ".alert-success:visible:contains(Covered: Warranty)",
        },
        {trigger: ".o_form_button_save", run: "click"},
        {trigger: "button[name=action_create_repair].btn-primary:visible", run: "click"},
        {
            content: "The repair knows the decision and its reason",
            trigger: ".o_field_widget[name=aftersales_reason]:contains(Covered: Warranty)",
        },
        {trigger: ".o_field_x2many_list_row_add a:contains(Add a line)", run: "click"},
        {trigger: ".o_selected_row .o_field_widget[name=product_id] input", run: "edit Seal"},
        {trigger: "ul.ui-autocomplete a:contains(Seal)", run: "click"},
        {trigger: ".o_form_button_save", run: "click"},
        {trigger: ".o_form_saved, .o_form_button_save:not(:visible)"},
        {
            content: "The part is free, and the line says who pays",
            trigger: ".o_data_row:contains(Seal) td[name=aftersales_charge]:contains(We – Free)",
        },
        {trigger: "button[name=action_create_sale_order]", run: "click"},
        {
            content: "Quoted: what the customer gets can be read",
            trigger: "button[name=action_view_sale_order]:visible",
            run: "click",
        },
        {
            trigger:
                ".o_field_widget[name=order_line] .o_data_row:contains(Seal):contains(We – Free)",
        },
        {trigger: ".o_breadcrumb .o_back_button, .breadcrumb-item.o_back_button a", run: "click"},
        {
            trigger: ".o_data_row:contains(Seal) td[name=aftersales_price_unit]:contains(0.00)",
        },
        {trigger: "button[name=action_validate]:visible", run: "click"},
        {trigger: "button[name=action_repair_start]:visible", run: "click"},
        {trigger: "button[name=action_repair_end]:visible", run: "click"},
        {content: "Repaired", trigger: ".o_arrow_button_current[data-value=done]"},
        {trigger: "button[name=action_view_aftersales_request]", run: "click"},
        {trigger: "button[name=action_resolve]:visible", run: "click"},
        {trigger: ".o_arrow_button_current[data-value=resolved]"},
        {trigger: "button[name=action_view_unit]", run: "click"},
        {trigger: ".o_notebook_headers a[name=timeline]", run: "click"},
        {
            content: "The whole story",
            trigger: ".o_aftersales_timeline:contains(Resolved: Pump leaks)",
        },
        {trigger: ".o_aftersales_timeline:contains(Repaired)"},
        ...toDiscard,
    ],
});
