import {Component} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";
import {useServerClock} from "./sla_clock_service";
import {getStatus, readInstant} from "./sla_time";
import {explainStatus, sayStatus} from "./sla_words";

const COLOURS = {
    ok: "success",
    watch: "warning",
    risk: "risk",
    breached: "danger",
};
const ICONS = {
    error: "fa-chain-broken",
    waiting: "fa-circle-o",
    ok: "fa-clock-o",
    watch: "fa-clock-o",
    risk: "fa-hourglass-end",
    breached: "fa-exclamation-triangle",
    paused: "fa-pause",
    off: "fa-moon-o",
    met: "fa-check",
    failed: "fa-times",
    cancelled: "fa-ban",
};
const LOOKS = {
    error: () => "text-bg-light text-danger",
    waiting: () => "text-bg-light",
    paused: (urgency) => `o_sla_outline o_sla_outline_${COLOURS[urgency]}`,
    off: (urgency) => fill(urgency),
    met: () => "o_sla_outline o_sla_outline_success",
    failed: () => "o_sla_outline o_sla_outline_danger",
    cancelled: () => "text-bg-light text-decoration-line-through",
};

function fill(urgency) {
    return urgency === "risk" ? "o_sla_risk" : `text-bg-${COLOURS[urgency]}`;
}

/** One clock in a few words, with an icon: never by colour alone. */
export class SlaBadge extends Component {
    static template = "aftersales_service.SlaBadge";
    static props = {
        clock: Object,
        sentAt: String,
    };

    setup() {
        this.serverClock = useServerClock();
    }

    get view() {
        const {clock, sentAt} = this.props;
        const now = this.serverClock.getNow(sentAt);
        const status = getStatus(clock, readInstant(sentAt), now);
        const {look, urgency} = status;
        const lines = explainStatus(clock, status, readInstant(sentAt), now);
        return {
            text: sayStatus(clock, status),
            icon: ICONS[look],
            look: `${(LOOKS[look] || fill)(urgency)} o_sla_${look} o_sla_is_${urgency}`,
            tooltip: JSON.stringify({lines}),
        };
    }
}

/** The badge of the clock that matters most, as a field of a form, a list or a card. */
export class SlaBadgeField extends Component {
    static template = "aftersales_service.SlaBadgeField";
    static components = {SlaBadge};
    static props = {
        ...standardFieldProps,
        openOnly: {type: Boolean, optional: true},
    };

    get value() {
        return this.props.record.data[this.props.name] || {clocks: []};
    }

    get clocks() {
        const over = this.props.openOnly ? ["met", "failed", "cancelled"] : [];
        return this.value.clocks.filter((clock) => !over.includes(clock.state));
    }
}

export const slaBadgeField = {
    component: SlaBadgeField,
    displayName: _t("SLA Badge"),
    supportedTypes: ["json"],
    listViewWidth: [165, 260],
    supportedOptions: [
        {
            label: _t("Nothing once it is met"),
            name: "open_only",
            type: "boolean",
        },
    ],
    extractProps: ({options}) => ({openOnly: Boolean(options.open_only)}),
};

registry.category("fields").add("sla_badge", slaBadgeField);
