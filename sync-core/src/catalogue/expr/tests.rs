//! Expressions on records.

use std::collections::BTreeMap;

use super::*;
use crate::catalogue::{Catalogue, Language};

#[derive(Debug)]
struct Squad;

impl People for Squad {
    fn name(&self, code: &str, _: Language) -> Option<String> {
        (code == "O0001").then(|| "张三".to_owned())
    }

    fn certificate(&self, code: &str) -> Option<String> {
        (code == "O0001").then(|| "沪0123".to_owned())
    }
}

/// 2026-05-11 09:05 in China, a Monday.
const MONDAY: i64 = 1_778_461_500_000;

fn text(text: &str) -> Datum {
    Datum::Text(text.to_owned())
}

fn context(kind: &str, fields: &[(&str, Datum)]) -> ExprContext {
    let around = Around {
        catalogue: Arc::new(Catalogue::embedded().clone()),
        people: Arc::new(Squad),
        offset: 480,
    };
    let fields = fields
        .iter()
        .map(|(name, datum)| ((*name).to_owned(), datum.clone()));
    let event = StepEvent {
        at: MONDAY,
        by: "O0002".to_owned(),
        note: String::new(),
    };
    let record = RecordData {
        fields: fields.collect(),
        steps: BTreeMap::from([("filed".to_owned(), event)]),
        limits: BTreeMap::new(),
        facts: Facts {
            id: "ab12".to_owned(),
            author: "O0001".to_owned(),
            state: "filed".to_owned(),
            ..Facts::default()
        },
    };
    ExprContext::new(Arc::new(around), kind, Arc::new(record))
}

fn says(source: &str, ctx: &ExprContext) -> String {
    Expr::compile(source).unwrap().text(ctx).unwrap()
}

fn case() -> ExprContext {
    let row = |kind: &str, amount: Datum| {
        BTreeMap::from([
            ("kind".to_owned(), text(kind)),
            ("amount".to_owned(), amount),
        ])
    };
    let rows = vec![
        row("fine", Datum::Integer(20_050)),
        row("warning", Datum::Empty),
    ];
    context(
        "case",
        &[
            ("offence_at", Datum::Instant(MONDAY)),
            ("place", text("锦华苑6号楼")),
            ("source", text("patrol")),
            ("handlers", Datum::List(vec![text("O0001"), text("O0009")])),
            ("penalties", Datum::Rows(rows)),
        ],
    )
}

#[test]
fn moments_are_told_in_the_stations_time_zone() {
    let ctx = case();
    assert_eq!(says("f.offence_at|moment", &ctx), "2026年5月11日 09时05分");
    assert_eq!(
        says("f.offence_at|time ~ ' ' ~ f.place", &ctx),
        "09:05 锦华苑6号楼"
    );
    assert_eq!(says("s.filed|day", &ctx), "2026年5月11日");
    assert_eq!(
        says("(s.decided or s.filed)|day", &ctx.in_language(Language::En)),
        "11 May 2026"
    );
    assert_eq!(says("s.decided|day", &ctx), "");
    assert_eq!(
        says("f.offence_at|date_weekday", &ctx),
        "2026年5月11日 星期一"
    );
}

#[test]
fn labels_come_in_the_language_asked_for() {
    let ctx = case();
    let english = ctx.in_language(Language::En);
    assert_eq!(says("f.source|label", &ctx), "巡查");
    assert_eq!(says("f.source|label", &english), "Patrol");
    assert_eq!(says("r.state|label", &ctx), "已立案");
    assert_eq!(
        says("f.penalties|rows('kind', 'amount')", &ctx),
        "罚款 200.50；警告"
    );
    assert_eq!(
        says("f.penalties|rows('kind', 'amount')", &english),
        "Fine 200.50; Warning"
    );
}

#[test]
fn a_code_compares_as_text_although_it_has_a_label() {
    assert_eq!(says("'x' if f.source == 'patrol' else 'y'", &case()), "x");
    assert_eq!(
        says("'x' if f.source in ['assigned'] else 'y'", &case()),
        "y"
    );
}

#[test]
fn officers_are_named_and_a_stranger_keeps_the_code() {
    let ctx = case();
    assert_eq!(
        says("f.handlers|officers('name', 'certificate')", &ctx),
        "张三(沪0123)、O0009"
    );
    assert_eq!(says("r.author|officer", &ctx), "张三");
    assert_eq!(says("s.filed.by|officer", &ctx), "O0002");
}

#[test]
fn a_line_of_another_officer_sees_that_officer() {
    let ctx = case().on_line_of("O0009");
    assert_eq!(says("r.per|officer", &ctx), "O0009");
    let per = Expr::compile("f.handlers").unwrap();
    assert_eq!(per.list(&ctx).unwrap(), ["O0001", "O0009"]);
}

#[test]
fn a_track_says_where_it_was_silent_for_long() {
    let track = Datum::Track {
        points: 120,
        pauses: vec![1, 9, 10, 25],
    };
    let ctx = context("patrol", &[("track", track)]);
    assert_eq!(says("f.track|printed", &ctx), "120个定位点，中断2处共35分");
    assert_eq!(
        says("f.track|printed", &ctx.in_language(Language::En)),
        "120 points, 2 gaps of 35 min together"
    );
}

#[test]
fn a_reference_waits_for_the_page() {
    let text = says("'见' ~ r.id|ref('R3')", &case());
    let numbered = Ref::replace(&text, |reference| format!("{}第1号", reference.book));
    assert_eq!(numbered, "见R3第1号");
}

#[test]
fn two_officers_are_counted() {
    assert!(
        Expr::compile("f.handlers|length >= 2")
            .unwrap()
            .truth(&case())
            .unwrap()
    );
    let nobody = context("case", &[]);
    assert!(
        !Expr::compile("f.handlers|length >= 2")
            .unwrap()
            .truth(&nobody)
            .unwrap()
    );
}

#[test]
fn t4_minutes_of_a_session_round_down_and_want_both_ends() {
    let span = Expr::compile("[f.arrived_at, f.left_at]").unwrap();
    let minutes = Expr::compile("f|minutes('arrived_at', 'left_at')").unwrap();
    let day = |until: Datum| {
        context(
            "duty_day",
            &[("arrived_at", Datum::Instant(MONDAY)), ("left_at", until)],
        )
    };
    let left = MONDAY + 115 * 60_000 + 59_999;
    assert_eq!(
        minutes.number(&day(Datum::Instant(left))).unwrap(),
        Some(115.0)
    );
    assert_eq!(
        span.span(&day(Datum::Instant(left))).unwrap(),
        Some((MONDAY, left))
    );
    assert_eq!(minutes.number(&day(Datum::Empty)).unwrap(), None);
    assert_eq!(
        span.span(&day(Datum::Empty)).unwrap(),
        Some((MONDAY, MONDAY))
    );
}

#[test]
fn a_value_that_does_not_fit_its_type_is_printed_as_it_stands() {
    let ctx = context(
        "case",
        &[("offence_at", text("昨天晚上")), ("source", text("rumour"))],
    );
    assert_eq!(
        says("f.offence_at|moment ~ f.source|label", &ctx),
        "昨天晚上rumour"
    );
}

#[test]
fn what_takes_too_long_fails_and_does_not_hang() {
    let expr = Expr::compile("'x' * 999999999").unwrap();
    assert!(expr.text(&case()).is_err());
    let deep = format!("{}1{}", "(".repeat(5_000), ")".repeat(5_000));
    assert!(Expr::compile(&deep).is_err());
}

#[test]
fn every_cell_of_a_full_record_says_something_and_of_an_empty_one_nothing_breaks() {
    let ctx = context("patrol", &[]);
    assert_eq!(says("f.started_at|time ~ '—' ~ f.ended_at|time", &ctx), "—");
    assert_eq!(says("f.nothing_found", &ctx), "否");
    assert_eq!(says("f.officers", &ctx), "");
}

#[test]
fn the_longest_chain_that_is_taken_evaluates() {
    let chain = ["1"; 1_000].join("~");
    assert_eq!(says(&chain, &case()).len(), 1_000);
}
