import {Component} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";
import {standardFieldProps} from "@web/views/fields/standard_field_props";
import {SlaBadge} from "@aftersales_service/sla_badge/sla_badge";
import {readInstant} from "@aftersales_service/sla_badge/sla_time";
import {SlaWhyDialog} from "./sla_why_dialog";

/** When a clock is due, or would be if nothing held it up; those not started come last. */
function getPlace(clock) {
    if (clock.deadline) {
        return readInstant(clock.deadline);
    }
    return clock.start ? readInstant(clock.start) + clock.budget * 1000 : Infinity;
}

/** A chip per milestone in the order of time; each says why when clicked. */
export class SlaStripField extends Component {
    static template = "aftersales_service.SlaStripField";
    static components = {SlaBadge};
    static props = {...standardFieldProps};

    setup() {
        this.dialog = useService("dialog");
    }

    get value() {
        return this.props.record.data[this.props.name] || {clocks: []};
    }

    get clocks() {
        // two that never start: their difference is no number
        return [...this.value.clocks].sort((one, two) => getPlace(one) - getPlace(two) || 0);
    }

    get requestId() {
        return this.props.record.resId;
    }

    openWhy(clockId) {
        this.dialog.add(SlaWhyDialog, {requestId: this.requestId, clockId});
    }
}

export const slaStripField = {
    component: SlaStripField,
    displayName: _t("SLA Strip"),
    supportedTypes: ["json"],
};

registry.category("fields").add("sla_strip", slaStripField);
