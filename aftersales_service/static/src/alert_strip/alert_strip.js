import {Component, useState} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

/** How many alerts are read at all; the rest is a click away. */
const SHOWN = 2;

const LOOKS = {
    emergency: {level: "danger", icon: "fa-bullhorn", title: _t("Emergency plan")},
    handling: {level: "info", icon: "fa-hand-paper-o", title: _t("Special handling")},
    stale: {
        level: "warning",
        icon: "fa-bullhorn",
        title: _t("Customer must be told"),
        action: {name: "action_promise", label: _t("Tell the customer")},
    },
    loaner: {level: "warning", icon: "fa-exchange", title: _t("Loaner owed")},
};

/** The gravest alerts of a request; “+2” opens the others. */
export class AlertStripField extends Component {
    static template = "aftersales_service.AlertStripField";
    static props = {...standardFieldProps};

    setup() {
        this.state = useState({openFor: null});
    }

    get alerts() {
        const alerts = this.props.record.data[this.props.name] || [];
        return alerts.map((alert) => ({...alert, ...LOOKS[alert.kind]}));
    }

    /** Opened for one record: the next one begins closed. */
    get isOpen() {
        return this.state.openFor === this.props.record.id;
    }

    get shown() {
        return this.isOpen ? this.alerts : this.alerts.slice(0, SHOWN);
    }

    get hidden() {
        return this.alerts.slice(SHOWN);
    }

    toggle() {
        this.state.openFor = this.isOpen ? null : this.props.record.id;
    }

    doAction(name) {
        const {resModel, resId, context, evalContext} = this.props.record;
        return this.env.onClickViewButton({
            clickParams: {type: "object", name},
            getResParams: () => ({resModel, resId, resIds: [resId], context, evalContext}),
        });
    }
}

export const alertStripField = {
    component: AlertStripField,
    displayName: _t("Alert Strip"),
    supportedTypes: ["json"],
};

registry.category("fields").add("aftersales_alert_strip", alertStripField);
