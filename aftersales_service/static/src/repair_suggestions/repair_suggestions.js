import {Component} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

const TARGETS = {
    cause: "aftersales_cause_id",
    remedy: "aftersales_remedy_id",
};

/** What usually lies behind a fault and what helped: one click takes it over. */
export class RepairSuggestionsField extends Component {
    static template = "aftersales_service.RepairSuggestionsField";
    static props = {...standardFieldProps};

    get groups() {
        const {record, name} = this.props;
        const known = record.data[name] || {};
        const titles = {cause: _t("Usual causes"), remedy: _t("What was done")};
        return Object.keys(TARGETS)
            .filter((kind) => known[kind]?.length)
            .map((kind) => ({kind, title: titles[kind], rows: known[kind]}));
    }

    /** A decided claim keeps the cause it was decided by. */
    isLocked(kind) {
        const decided = this.props.record.data.aftersales_claim_state === "decided";
        return this.props.readonly || (kind === "cause" && decided);
    }

    isChosen(kind, row) {
        return this.props.record.data[TARGETS[kind]]?.id === row.id;
    }

    sayCount({count, total}) {
        return _t("%(count)s of %(total)s", {count, total});
    }

    sayHeld({count, held}) {
        return _t("%(held)s of these %(count)s did not come back", {count, held});
    }

    choose(kind, row) {
        return this.props.record.update({
            [TARGETS[kind]]: {id: row.id, display_name: row.name},
        });
    }
}

export const repairSuggestionsField = {
    component: RepairSuggestionsField,
    displayName: _t("Suggestions"),
    supportedTypes: ["json"],
};

registry.category("fields").add("aftersales_suggestions", repairSuggestionsField);
