//! Time limits on records: which one holds, when it stands still, how far it reaches.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::*;

const EAST_8: i32 = 8 * 60;

fn at(text: &str) -> i64 {
    let moment = format!("{text}+08:00").parse::<jiff::Timestamp>();
    moment.unwrap().as_millisecond()
}

fn text(text: &str) -> Datum {
    Datum::Text(text.into())
}

fn dues_of(kind: &str, fields: &[(&str, Datum)], steps: &[(&str, &str)]) -> BTreeMap<String, Due> {
    let catalogue = Arc::new(Catalogue::embedded().clone());
    let around = Arc::new(Around {
        catalogue: catalogue.clone(),
        people: Arc::new(()),
        offset: EAST_8,
    });
    let fields = fields
        .iter()
        .map(|(name, datum)| ((*name).to_owned(), datum.clone()));
    let record = RecordData {
        fields: fields.collect(),
        ..RecordData::default()
    };
    let ctx = ExprContext::new(around, kind, Arc::new(record));
    let steps: Vec<Taken<'_>> = steps
        .iter()
        .map(|(to, moment)| Taken { to, at: at(moment) })
        .collect();
    let dues = dues(&catalogue.kinds[kind], &steps, &ctx, &catalogue.holidays);
    dues.into_iter()
        .map(|due| (due.limit.clone(), due))
        .collect()
}

fn request(track: &str, more: &[(&str, Datum)], steps: &[(&str, &str)]) -> Due {
    let mut fields = vec![
        ("legal_track", text(track)),
        ("received_at", Datum::Instant(at("2025-07-10T09:00"))),
    ];
    fields.extend_from_slice(more);
    dues_of("request", &fields, steps).remove("handle").unwrap()
}

fn last_day(due: &Due) -> String {
    due.last_day(EAST_8).unwrap().to_string()
}

#[test]
fn each_legal_track_has_a_clock_of_its_own() {
    let registered = &[
        ("received", "2025-07-10T09:05"),
        ("registered", "2025-07-10T10:00"),
    ];
    let of = |track, more: &[(&str, Datum)]| request(track, more, registered);
    assert_eq!(last_day(&of("report_of_violation", &[])), "2025-07-17");
    assert_eq!(last_day(&of("petition_appeal", &[])), "2025-09-08");
    assert_eq!(last_day(&of("consultation", &[])), "2025-07-15");
    assert_eq!(last_day(&of("hotline_order", &[])), "2025-07-17");
    let urgent = of("hotline_order", &[("urgency", text("emergency"))]);
    assert_eq!(urgent.due, at("2025-07-10T11:00"));
    assert!(urgent.to_the_minute);
    let named = of(
        "hotline_order",
        &[
            ("due_on", text("2025-07-12")),
            ("urgency", text("emergency")),
        ],
    );
    assert_eq!(
        last_day(&named),
        "2025-07-12",
        "what the order names goes before"
    );
}

#[test]
fn t1_and_t2_hold_on_a_case() {
    let case =
        |steps: &[(&str, &str)], limit: &str| dues_of("case", &[], steps).remove(limit).unwrap();
    let spot = case(
        &[("on_spot_decided", "2025-09-30T15:00")],
        "file_with_agency",
    );
    assert_eq!(last_day(&spot), "2025-10-11");
    let filed = case(&[("filed", "2025-07-10T09:00")], "decide");
    assert_eq!(last_day(&filed), "2025-10-09");
}

#[test]
fn while_a_case_is_suspended_its_clock_stands_still() {
    let steps = [
        ("filed", "2025-03-03T09:00"),
        ("investigating", "2025-03-03T10:00"),
        ("suspended", "2025-03-10T09:00"),
        ("investigating", "2025-03-20T09:00"),
    ];
    let decide = |steps: &[(&str, &str)]| dues_of("case", &[], steps).remove("decide").unwrap();
    let before = decide(&steps[..2]);
    assert_eq!(
        last_day(&before),
        "2025-06-03",
        "1 June is the last of 90 days, and a holiday"
    );
    let stopped = decide(&steps[..3]);
    assert_eq!(stopped.stopped, Some(at("2025-03-10T09:00")));
    assert!(!stopped.is_over(at("2030-01-01T00:00")), "no time passes");
    assert_eq!(stopped.days_left(at("2030-01-01T00:00"), EAST_8), Some(85));
    // From 11 to 19 March the clock did not run at all: nine days.
    let resumed = decide(&steps);
    assert_eq!(
        (last_day(&resumed).as_str(), resumed.stopped),
        ("2025-06-10", None)
    );
}

#[test]
fn an_extension_counts_once_if_it_came_in_time() {
    let decide = |steps: &[(&str, &str)]| dues_of("case", &[], steps).remove("decide").unwrap();
    let filed = ("filed", "2025-07-10T09:00");
    let extended = decide(&[filed, ("extended", "2025-09-01T09:00")]);
    assert_eq!(
        (last_day(&extended).as_str(), extended.extended),
        ("2025-11-07", 1)
    );
    let twice = decide(&[
        filed,
        ("extended", "2025-09-01T09:00"),
        ("extended", "2025-09-02T09:00"),
    ]);
    assert_eq!(twice.due, extended.due);
    let collective = decide(&[
        filed,
        ("extended", "2025-09-01T09:00"),
        ("extended_again", "2025-11-01T09:00"),
    ]);
    assert_eq!(
        (last_day(&collective).as_str(), collective.extended),
        ("2026-01-06", 2)
    );
    let late = decide(&[filed, ("extended", "2025-10-10T00:00")]);
    assert_eq!((last_day(&late).as_str(), late.extended), ("2025-10-09", 0));
}

#[test]
fn an_order_is_extended_by_its_own_length_at_most_twice() {
    let mut steps = vec![
        ("registered", "2025-07-10T10:00"),
        ("handling", "2025-07-10T11:00"),
    ];
    for (day, expected) in [
        ("12", "2025-07-24"),
        ("13", "2025-07-31"),
        ("14", "2025-07-31"),
    ] {
        let moment = format!("2025-07-{day}T09:00");
        steps.push(("extended", moment.leak()));
        assert_eq!(last_day(&request("hotline_order", &[], &steps)), expected);
    }
}

#[test]
fn a_request_that_is_opened_again_begins_anew() {
    let steps = [
        ("registered", "2025-07-10T10:00"),
        ("replied", "2025-07-11T10:00"),
        ("closed", "2025-07-12T10:00"),
        ("reopened", "2025-07-20T10:00"),
    ];
    let first = request("consultation", &[], &steps[..3]);
    assert_eq!(first.done, Some(at("2025-07-11T10:00")));
    assert!(!first.is_over(at("2025-08-01T10:00")));
    let again = request("consultation", &[], &steps);
    assert_eq!(again.done, None);
}

#[test]
fn a_page_can_say_how_many_days_are_left_or_over() {
    let due = request("consultation", &[], &[("registered", "2025-07-10T10:00")]);
    assert_eq!(due.days_left(at("2025-07-14T23:00"), EAST_8), Some(1));
    assert_eq!(due.days_left(at("2025-07-15T23:59"), EAST_8), Some(0));
    assert_eq!(due.days_over(at("2025-07-15T23:59"), EAST_8), None);
    assert_eq!(due.days_over(at("2025-07-16T00:00"), EAST_8), Some(1));
    assert_eq!(due.days_left(at("2025-07-16T00:00"), EAST_8), None);
}

#[test]
fn a_deadline_that_a_field_names_ends_with_its_day() {
    let ordered = &[
        ("found", "2025-09-20T09:00"),
        ("ordered", "2025-09-20T10:00"),
    ];
    let finding = dues_of("finding", &[("deadline", text("2025-09-28"))], ordered);
    assert_eq!(finding["rectify"].due, at("2025-09-29T00:00"));
    assert!(
        dues_of("finding", &[], ordered).is_empty(),
        "no deadline was named"
    );
    let cash = [
        ("cash_on_spot", Datum::Boolean(true)),
        ("cash_handed_in_on", text("2025-07-14")),
    ];
    let case = dues_of("case", &cash, &[("on_spot_decided", "2025-07-10T10:00")]);
    assert_eq!(case["hand_in_cash"].done, Some(at("2025-07-14T00:00")));
    assert_eq!(last_day(&case["hand_in_cash"]), "2025-07-14");
}

#[test]
fn hours_stand_still_to_the_minute_and_no_moment_makes_it_panic() {
    let urgent = [("urgency", text("emergency"))];
    let steps = [
        ("registered", "2025-07-10T09:30"),
        ("suspended", "2025-07-10T10:00"),
        ("handling", "2025-07-11T10:00"),
    ];
    let due = request("hotline_order", &urgent, &steps);
    assert_eq!(due.due, at("2025-07-11T11:00"));
    let kind = &Catalogue::embedded().kinds["case"];
    let around = Arc::new(Around {
        catalogue: Arc::new(Catalogue::embedded().clone()),
        people: Arc::new(()),
        offset: EAST_8,
    });
    let ctx = ExprContext::new(around, "case", Arc::default());
    let wild = [i64::MIN, i64::MAX, -1, 0, i64::MAX / 2];
    for (a, b) in wild.iter().flat_map(|a| wild.iter().map(move |b| (*a, *b))) {
        let steps = [
            "lead",
            "filed",
            "suspended",
            "investigating",
            "extended",
            "decided",
        ];
        let steps: Vec<Taken<'_>> = steps
            .iter()
            .enumerate()
            .map(|(i, to)| Taken {
                to,
                at: if i % 2 == 0 { a } else { b },
            })
            .collect();
        for due in dues(kind, &steps, &ctx, &Catalogue::embedded().holidays) {
            due.is_over(b);
            due.days_over(a, EAST_8);
            due.days_left(b, EAST_8);
        }
    }
}
