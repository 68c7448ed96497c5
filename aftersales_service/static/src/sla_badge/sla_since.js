import {Component} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";
import {useServerClock} from "./sla_clock_service";
import {sayLength} from "./sla_words";

const DAY = 24 * 3600;

/** How long ago a moment was, on the wall clock: "2d 3h". */
export class SlaSinceField extends Component {
    static template = "aftersales_service.SlaSinceField";
    static props = {...standardFieldProps};

    setup() {
        this.serverClock = useServerClock();
    }

    get text() {
        const since = this.props.record.data[this.props.name];
        if (!since) {
            return "";
        }
        const seconds = (this.serverClock.getNow() - since.toMillis()) / 1000;
        return sayLength(Math.max(seconds, 0), {daySeconds: DAY});
    }
}

export const slaSinceField = {
    component: SlaSinceField,
    displayName: _t("Time since"),
    supportedTypes: ["datetime"],
};

registry.category("fields").add("sla_since", slaSinceField);
