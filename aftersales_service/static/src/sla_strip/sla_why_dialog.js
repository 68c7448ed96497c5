import {Component, onMounted, onWillStart, useRef, useState} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {Dialog} from "@web/core/dialog/dialog";
import {useService} from "@web/core/utils/hooks";
import {SlaBadge} from "@aftersales_service/sla_badge/sla_badge";
import {useServerClock} from "@aftersales_service/sla_badge/sla_clock_service";
import {readInstant} from "@aftersales_service/sla_badge/sla_time";
import {sayExactly, sayMoment} from "@aftersales_service/sla_badge/sla_words";
import {layOut} from "./sla_bar";

/** “Why this deadline?”: what was counted and what was not, and which promise was chosen why. */
export class SlaWhyDialog extends Component {
    static template = "aftersales_service.SlaWhyDialog";
    static components = {Dialog, SlaBadge};
    static props = {
        requestId: Number,
        clockId: {type: Number, optional: true},
        close: Function,
    };

    setup() {
        this.orm = useService("orm");
        this.serverClock = useServerClock();
        this.body = useRef("body");
        this.explained = useState({now: "", clocks: [], tried: []});
        onWillStart(async () => {
            const method = "get_sla_explanation";
            const found = await this.orm.call("aftersales.request", method, [this.props.requestId]);
            Object.assign(this.explained, found);
        });
        onMounted(() => {
            const chosen = `[data-clock="${this.props.clockId}"]`;
            this.body.el.querySelector(chosen)?.scrollIntoView({block: "start"});
        });
    }

    get title() {
        return this.explained.clocks.length ? _t("Why this deadline?") : _t("Why is there no SLA?");
    }

    get fits() {
        return _t("Fits");
    }

    get fitsNot() {
        return _t("Does not fit");
    }

    getBar(clock) {
        return layOut(clock, this.serverClock.getNow(this.explained.now));
    }

    /** The rows of the table in words. */
    getRows(clock) {
        return clock.rows.map((row) => ({
            kind: row.kind,
            why: row.why,
            from: sayMoment(readInstant(row.start)),
            to: sayMoment(readInstant(row.end)),
            counted: row.kind === "counted" ? sayExactly(row.seconds) : "",
        }));
    }

    /** What the rows add up to: the target, wherever its end is known. */
    getSum(clock) {
        const sum = clock.rows.reduce((total, row) => total + row.seconds, 0);
        const isWhole = sum === clock.budget;
        return {
            seconds: sum,
            words: sayExactly(sum),
            note: isWhole
                ? _t("The target: %s", clock.target)
                : _t("of %(length)s, the target: %(target)s", {
                      length: sayExactly(clock.budget),
                      target: clock.target,
                  }),
        };
    }

    getPieceTitle(piece) {
        if (piece.kind === "late") {
            return _t("Overdue");
        }
        const from = sayMoment(readInstant(piece.start));
        const to = sayMoment(readInstant(piece.end));
        return _t("%(why)s: %(from)s to %(to)s", {why: piece.why, from, to});
    }
}
