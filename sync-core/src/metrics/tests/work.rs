//! Service sessions, patrols and the books themselves.

use super::*;

/// A session of officer `n` on a day of May.
fn session(station: &Station, officer: u8, n: u64, from: i64, until: i64) -> Paper {
    let edits = [
        set("room", "锦华社区城管工作室"),
        set("in_at", from),
        set("in_method", "qr"),
        set("out_at", until),
        set("out_method", "qr"),
        set("visitors", 3),
        step("signed_out"),
    ];
    Paper::new(station, "service_session", officer, n, until, &edits)
}

#[test]
fn t4_minutes_of_two_officers_never_add_up() {
    let station = default_station();
    let papers = [
        // Week of 4 May: 120 minutes.
        session(&station, 1, 1, may(6, 14, 0), may(6, 16, 0)),
        // Week of 11 May: 115 minutes.
        session(&station, 1, 2, may(13, 14, 5), may(13, 16, 0)),
        // Week of 18 May: two officers, 90 minutes each.
        session(&station, 1, 3, may(20, 13, 0), may(20, 14, 30)),
        session(&station, 2, 4, may(20, 14, 0), may(20, 15, 30)),
    ];
    let report = of_may(&station, &papers);
    assert_eq!(rate(&report, Measure::ServiceWeeks), (1, 5));
    let noted = |which| note(&report, Measure::ServiceWeeks, which);
    assert_eq!((noted(Note::Sessions), noted(Note::ValidSessions)), (4, 1));
    assert_eq!(noted(Note::TooShort), 3);
    assert_eq!(noted(Note::Minutes), 120 + 115 + 90 + 90);
    assert_eq!(noted(Note::Served), 12);
    let behind = &report.metric(Measure::ServiceWeeks).unwrap().behind;
    assert_eq!((behind.all, behind.records[0]), (3, papers[1].id()));
    let officers: Vec<_> = report
        .officers
        .iter()
        .map(|one| (one.officer.as_str(), one.sessions, one.valid, one.minutes))
        .collect();
    assert_eq!(officers, [("O0001", 3, 1, 325), ("O0002", 1, 0, 90)]);
}

#[test]
fn a_week_belongs_to_the_month_of_its_sunday_once_it_is_over() {
    let station = default_station();
    // Thursday 30 April: the week ends on Sunday 3 May.
    let papers = [session(&station, 1, 1, may(0, 9, 0), may(0, 12, 0))];
    let april = span("2026-04-01", "2026-04-30");
    let now = may(41, 0, 0);
    assert_eq!(
        rate(&of_may(&station, &papers), Measure::ServiceWeeks),
        (1, 5)
    );
    assert_eq!(
        rate(&told(&station, &papers, april, now), Measure::ServiceWeeks),
        (0, 4)
    );
    let early = told(
        &station,
        &papers,
        span("2026-05-01", "2026-05-31"),
        may(12, 0, 0),
    );
    assert_eq!(rate(&early, Measure::ServiceWeeks), (1, 2));
}

#[test]
fn a_week_in_which_the_office_is_closed_is_not_required() {
    let station = default_station();
    // 2026-02-15 to 02-23 is Spring Festival: the week of the 16th has no working day.
    let report = told(
        &station,
        &[],
        span("2026-02-01", "2026-02-28"),
        may(1, 0, 0),
    );
    assert_eq!(rate(&report, Measure::ServiceWeeks), (0, 3));
    assert_eq!(note(&report, Measure::ServiceWeeks, Note::WeeksOff), 1);
    let unknown = told(&station, &[], span("2031-03-01", "2031-03-31"), i64::MAX);
    assert_eq!(note(&unknown, Measure::ServiceWeeks, Note::NoCalendar), 5);
}

#[test]
fn a_session_that_was_left_or_ended_elsewhere_is_not_valid() {
    let station = default_station();
    let mut left = session(&station, 1, 1, may(6, 9, 0), may(6, 12, 0));
    left.edit(1, may(6, 12, 1), &[set("longest_gap", 16)]);
    let mut stayed = session(&station, 1, 2, may(7, 9, 0), may(7, 12, 0));
    stayed.edit(1, may(7, 12, 1), &[set("longest_gap", 15)]);
    let mut moved = session(&station, 2, 3, may(13, 9, 0), may(13, 12, 0));
    moved.edit(
        2,
        may(13, 12, 1),
        &[set("in_point", "A"), set("out_point", "B")],
    );
    let report = of_may(&station, &[left, stayed, moved]);
    let noted = |which| note(&report, Measure::ServiceWeeks, which);
    assert_eq!(noted(Note::Interrupted), 1);
    assert_eq!(noted(Note::Elsewhere), 1);
    assert_eq!(noted(Note::NoPoint), 1);
    assert_eq!(rate(&report, Measure::ServiceWeeks), (1, 5));
}

#[test]
fn minutes_that_two_people_tell_differently_count_for_nothing() {
    let station = default_station();
    let mut paper = session(&station, 1, 1, may(6, 9, 0), may(6, 12, 0));
    let heads = paper.heads();
    paper.edit_at(&heads, 1, may(6, 13, 0), &[set("out_at", may(6, 11, 30))]);
    paper.edit_at(&heads, 2, may(6, 13, 0), &[set("out_at", may(6, 10, 0))]);
    let report = of_may(&station, &[paper]);
    assert_eq!(note(&report, Measure::ServiceWeeks, Note::Contested), 1);
    assert_eq!(rate(&report, Measure::ServiceWeeks), (0, 5));
}

#[test]
fn patrols_are_counted_against_the_plan_and_categories_against_the_list() {
    let station = default_station();
    let patrol = |n: u64, day: i64, edits: &[Edit]| {
        let base = [set("route", "锦华苑"), set("started_at", may(day, 9, 0))];
        let edits: Vec<Edit> = base.iter().chain(edits).cloned().collect();
        Paper::new(&station, "patrol", 1, n, may(day, 9, 0), &edits)
    };
    let add = crate::book::tests::add;
    let ended = |edits: &[Edit]| -> Vec<Edit> {
        let steps = [
            step("started"),
            set("ended_at", may(6, 11, 0)),
            step("ended"),
        ];
        edits.iter().cloned().chain(steps).collect()
    };
    let done = patrol(
        1,
        6,
        &ended(&[
            yes("planned"),
            add("residential_clear", "mixed_waste"),
            add("area_found", "public_order"),
        ]),
    );
    let quiet = patrol(
        2,
        7,
        &ended(&[yes("nothing_found"), add("area_clear", "public_order")]),
    );
    let left_out = patrol(3, 8, &[set("planned_on", "2026-05-08"), step("planned")]);
    let next_month = patrol(4, 8, &[set("planned_on", "2026-06-20"), step("planned")]);
    let finding = Paper::new(
        &station,
        "finding",
        1,
        5,
        may(6, 10, 0),
        &[
            add("category", "X01"),
            set("place", "3号楼"),
            set("first_observed", may(6, 10, 0)),
            set("patrol", done.id().to_string().as_str()),
        ],
    );
    let report = of_may(&station, &[done, quiet, left_out, next_month, finding]);
    assert_eq!(rate(&report, Measure::PatrolsDone), (1, 2));
    assert_eq!(note(&report, Measure::PatrolsDone, Note::Unplanned), 1);
    assert_eq!(rate(&report, Measure::Categories), (2, 13));
    assert_eq!(rate(&report, Measure::FindingsAPatrol), (1, 2));
    assert_eq!(rate(&report, Measure::NothingFound), (1, 2));
}

#[test]
fn the_ledger_is_timely_complete_evidenced_and_right_at_once() {
    let station = default_station();
    let add = crate::book::tests::add;
    let finding = |n: u64, recorded: i64| {
        let edits = [
            add("category", "X01"),
            set("place", "3号楼"),
            set("first_observed", may(5, 9, 0)),
            step("found"),
        ];
        Paper::new(&station, "finding", 1, n, recorded, &edits)
    };
    let mut timely = finding(1, may(6, 9, 0));
    // Ordered without a deadline: one required field is empty.
    timely.edit(1, may(6, 9, 30), &[step("ordered")]);
    let incomplete = timely.id();
    let late = finding(2, may(6, 9, 1));
    // A day's log has happened when the day is over.
    let day = Paper::new(
        &station,
        "duty_day",
        1,
        3,
        may(6, 20, 0),
        &[set("day", "2026-05-05")],
    );
    let mut session = session(&station, 1, 4, may(6, 9, 0), may(6, 12, 0));
    session.edit(2, may(6, 13, 0), &[set("out_at", may(6, 11, 0))]);
    let report = of_may(&station, &[timely, late, day, session]);
    assert_eq!(rate(&report, Measure::Timely), (3, 4));
    assert_eq!(rate(&report, Measure::Evidenced), (0, 2));
    assert_eq!(rate(&report, Measure::Corrected), (1, 4));
    let (filled, required) = rate(&report, Measure::Complete);
    assert_eq!((filled, required), (required - 1, 13));
    let behind = &report.metric(Measure::Complete).unwrap().behind;
    assert_eq!(behind.records, [incomplete]);
}

#[test]
fn what_was_struck_out_counts_nowhere() {
    let station = default_station();
    let mut paper = session(&station, 1, 1, may(6, 9, 0), may(6, 12, 0));
    paper.edit(
        1,
        may(6, 13, 0),
        &[Edit::Remove {
            target: None,
            reason: "误建".into(),
        }],
    );
    let report = of_may(&station, &[paper]);
    assert_eq!(rate(&report, Measure::ServiceWeeks), (0, 5));
    assert_eq!(rate(&report, Measure::Timely), (0, 0));
}
