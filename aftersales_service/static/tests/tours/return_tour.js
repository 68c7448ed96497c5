import {registry} from "@web/core/registry";

const tours = registry.category("web_tour.tours");

const toDiscard = [
    {content: "Leave the form as it is", trigger: ".o_form_saved, .o_form_readonly, body"},
];

function press(name) {
    return {
        trigger: `.o_form_view .o_statusbar_buttons button[name=${name}]:visible:enabled`,
        run: "click",
    };
}

function confirm(name) {
    return {trigger: `.modal-footer button[name=${name}]:enabled`, run: "click"};
}

const reaches = (state) => ({trigger: `.o_arrow_button_current[data-value=${state}]`});
const closed = {trigger: "body:not(:has(.modal))"};

/** The agent takes back a unit: what may come back, and what the customer may ask for. */
tours.add("aftersales_return_agent_tour", {
    steps: () => [
        press("action_create_return"),
        {
            content: "The dialog knows what was delivered and can still come back",
            trigger: ".modal .o_data_row:contains(SN-BACK)",
        },
        {trigger: ".modal .o_field_widget[name=wish] label:contains(Refund)", run: "click"},
        {
            trigger: ".modal .o_field_widget[name=description] textarea",
            run: "edit It leaks at the shaft",
        },
        confirm("action_apply"),
        closed,
        reaches("draft"),
        press("action_submit"),
        reaches("submitted"),
        {
            content: "The promise says until when",
            trigger: ".o_field_widget[name=promise_html]:contains(Yes):contains(Until)",
        },
        press("action_authorise"),
        reaches("authorised"),
        {
            content: "A transfer waits for the goods",
            trigger: "button[name=action_view_pickings]:contains(1)",
        },
        ...toDiscard,
    ],
});

/** The storekeeper receives the goods, mistypes the serial first, and says what was found. */
tours.add("aftersales_return_storekeeper_tour", {
    steps: () => [
        {trigger: ".o_data_row:contains(Harbour Hotel) td[name=partner_id]", run: "click"},
        reaches("authorised"),
        press("action_receive"),
        {trigger: ".modal .o_data_row:contains(SN-BACK) td[name=serial]", run: "click"},
        {trigger: ".modal .o_field_widget[name=serial] input", run: "edit SN-WRONG"},
        confirm("action_apply"),
        {
            content: "Another serial is not received",
            trigger: ".o_error_dialog:contains(SN-WRONG is not SN-BACK)",
        },
        {trigger: ".o_error_dialog .modal-footer .btn-primary", run: "click"},
        {trigger: "body:not(:has(.o_error_dialog))"},
        {trigger: ".modal .o_data_row:contains(SN-BACK) td[name=serial]", run: "click"},
        {trigger: ".modal .o_field_widget[name=serial] input", run: "edit SN-BACK"},
        confirm("action_apply"),
        closed,
        reaches("received"),
        press("action_inspect"),
        {
            trigger: ".modal .o_field_widget[name=result] label:contains(Fault confirmed)",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name=inspection_note] textarea",
            run: "edit The shaft is broken",
        },
        confirm("action_inspect"),
        closed,
        reaches("inspected"),
        {trigger: "span:contains(To refund)"},
        ...toDiscard,
    ],
});

/** The agent asks for the money; an accountant posts it. */
tours.add("aftersales_return_refund_tour", {
    steps: () => [
        reaches("inspected"),
        press("action_refund"),
        {
            content: "A draft waits for accounting",
            trigger: ".o_field_widget[name=money_status]:contains(Credit note drafted)",
        },
        ...toDiscard,
    ],
});
