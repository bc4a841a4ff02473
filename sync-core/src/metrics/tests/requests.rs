//! Limits, answers, callbacks and repeats of requests; limits of cases.

use super::*;
use crate::record::change::Scalar;

/// A request that officer 1 wrote down when it came.
fn request(station: &Station, n: u64, at: i64, edits: &[Edit]) -> Paper {
    let base = [
        set("source", "hotline_12345"),
        set("received_at", at),
        set("matter", "楼道堆物"),
        set("place", "6号楼 1单元"),
        set("category", "X07"),
        step("received"),
        step("registered"),
    ];
    let edits: Vec<Edit> = base.iter().chain(edits).cloned().collect();
    Paper::new(station, "request", 1, n, at, &edits)
}

fn accepted(station: &Station, n: u64, at: i64, edits: &[Edit]) -> Paper {
    let edits: Vec<Edit> = edits.iter().cloned().chain([step("accepted")]).collect();
    request(station, n, at, &edits)
}

fn close(paper: &mut Paper, at: i64) {
    paper.edit(1, at, &[step("replied"), step("closed")]);
}

#[test]
fn t7_repeats_by_person_and_by_site() {
    let station = default_station();
    // Days of May: 3 March is -58, 20 April -10, 25 April -5.
    let a = || set("requester_key", "A");
    let mut first = accepted(&station, 1, may(-58, 9, 0), &[a()]);
    close(&mut first, may(-56, 9, 0));
    let papers = [
        first,
        accepted(
            &station,
            2,
            may(-10, 9, 0),
            &[a(), set("place", "6号楼1单元")],
        ),
        accepted(&station, 3, may(-5, 9, 0), &[set("requester_key", "B")]),
        accepted(
            &station,
            4,
            may(1, 9, 0),
            &[yes("anonymous"), set("requester_key", "A")],
        ),
    ];
    let spring = told(
        &station,
        &papers,
        span("2026-03-01", "2026-05-31"),
        may(41, 0, 0),
    );
    assert_eq!(rate(&spring, Measure::RepeatPerson), (1, 4));
    assert_eq!(rate(&spring, Measure::RepeatSite), (3, 4));
    assert_eq!(rate(&spring, Measure::Repeats), (3, 4));
    assert_eq!(note(&spring, Measure::RepeatPerson, Note::NoKey), 1);
    let april = told(
        &station,
        &papers,
        span("2026-04-01", "2026-04-30"),
        may(41, 0, 0),
    );
    assert_eq!(rate(&april, Measure::RepeatPerson), (1, 2));
    assert_eq!(rate(&april, Measure::RepeatSite), (2, 2));
    assert_eq!(
        rate(&of_may(&station, &papers), Measure::RepeatSite),
        (1, 1)
    );
    assert_eq!(
        rate(&of_may(&station, &papers), Measure::RepeatPerson),
        (0, 1)
    );
}

#[test]
fn one_person_counts_once_for_a_site_and_each_time_as_a_person() {
    let station = default_station();
    let papers: Vec<Paper> = [2i64, 9, 16]
        .map(|day| {
            accepted(
                &station,
                day.unsigned_abs(),
                may(day, 9, 0),
                &[set("requester_key", "A")],
            )
        })
        .into();
    let report = of_may(&station, &papers);
    assert_eq!(rate(&report, Measure::RepeatPerson), (2, 3));
    assert_eq!(rate(&report, Measure::RepeatSite), (1, 3));
    assert_eq!(rate(&report, Measure::Repeats), (2, 3));
}

#[test]
fn what_is_new_or_too_long_ago_or_merged_is_no_repeat() {
    let station = default_station();
    let key = |key: &str| set("requester_key", key);
    let first = accepted(&station, 1, may(-91, 9, 0), &[key("A")]);
    // 90 days and one minute later.
    let late = accepted(&station, 2, may(-1, 9, 1), &[key("A")]);
    let open = accepted(&station, 3, may(5, 9, 0), &[key("C"), set("place", "别处")]);
    let id = open.id().to_string();
    let facts = accepted(
        &station,
        4,
        may(6, 9, 0),
        &[key("C"), set("place", "别处"), set("new_facts", "又有两户")],
    );
    let mut merged = request(&station, 5, may(7, 9, 0), &[key("C"), set("place", "别处")]);
    merged.edit(
        1,
        may(7, 10, 0),
        &[set("duplicate_of", id.as_str()), step("duplicate")],
    );
    let linked = accepted(
        &station,
        6,
        may(8, 9, 0),
        &[
            key("C"),
            set("place", "另写"),
            set("repeat_of", id.as_str()),
        ],
    );
    let papers = [first, late, open, facts, merged, linked];
    let april = told(
        &station,
        &papers,
        span("2026-04-01", "2026-04-30"),
        may(41, 0, 0),
    );
    assert_eq!(rate(&april, Measure::Repeats), (0, 1));
    let report = of_may(&station, &papers);
    assert_eq!(rate(&report, Measure::RepeatPerson), (1, 3));
    assert_eq!(rate(&report, Measure::RepeatSite), (2, 3));
    assert_eq!(note(&report, Measure::Repeats, Note::Merged), 1);
}

#[test]
fn requests_are_due_after_extensions_and_not_while_suspended() {
    let station = default_station();
    let due = |day: &str| [set("due_on", day)];
    let mut kept = accepted(&station, 1, may(1, 9, 0), &due("2026-05-08"));
    close(&mut kept, may(8, 23, 0));
    let late = accepted(&station, 2, may(1, 9, 0), &due("2026-05-08"));
    let mut extended = accepted(&station, 3, may(1, 9, 0), &due("2026-05-08"));
    extended.edit(
        2,
        may(7, 9, 0),
        &[set("due_on", "2026-05-20"), step("extended")],
    );
    close(&mut extended, may(19, 9, 0));
    let mut suspended = accepted(&station, 4, may(1, 9, 0), &due("2026-05-08"));
    suspended.edit(2, may(7, 9, 0), &[step("suspended")]);
    let mut withdrawn = accepted(&station, 5, may(1, 9, 0), &due("2026-05-08"));
    withdrawn.edit(1, may(7, 9, 0), &[step("cancelled")]);
    let mut reopened = accepted(&station, 6, may(1, 9, 0), &due("2026-05-08"));
    close(&mut reopened, may(6, 9, 0));
    reopened.edit(1, may(7, 9, 0), &[step("reopened")]);
    let without = accepted(&station, 7, may(1, 9, 0), &[]);
    let papers = [
        kept, late, extended, suspended, withdrawn, reopened, without,
    ];
    let report = of_may(&station, &papers);
    assert_eq!(rate(&report, Measure::RequestsOnTime), (2, 4));
    let noted = |which| note(&report, Measure::RequestsOnTime, which);
    assert_eq!((noted(Note::Suspended), noted(Note::NoLimit)), (1, 1));
    let behind = &report.metric(Measure::RequestsOnTime).unwrap().behind;
    assert_eq!(behind.all, 2);
    assert!(behind.records.contains(&papers[1].id()) && behind.records.contains(&papers[5].id()));
}

#[test]
fn first_contact_counts_within_its_limit_and_who_came_has_been_spoken_to() {
    let station = default_station();
    let contact = |at: i64| set("first_response_at", at);
    let papers = [
        request(&station, 1, may(5, 9, 0), &[contact(may(6, 9, 0))]),
        request(&station, 2, may(5, 9, 0), &[contact(may(6, 9, 1))]),
        request(&station, 3, may(5, 9, 0), &[]),
        request(&station, 4, may(5, 9, 0), &[set("source", "walk_in")]),
        request(&station, 5, may(31, 20, 0), &[]),
    ];
    let now = may(32, 9, 0);
    let report = told(&station, &papers, span("2026-05-01", "2026-05-31"), now);
    assert_eq!(rate(&report, Measure::FirstResponse), (2, 4));
    assert_eq!(note(&report, Measure::FirstResponse, Note::Pending), 1);
}

#[test]
fn callbacks_tell_how_much_was_solved_and_how_content_people_are() {
    let station = default_station();
    let called = |n: u64, edits: &[Edit]| {
        let mut paper = accepted(&station, n, may(2, 9, 0), &[]);
        close(&mut paper, may(5, 9, 0));
        let edits: Vec<Edit> = edits.iter().cloned().chain([step("callback")]).collect();
        paper.edit(1, may(9, 9, 0), &edits);
        paper
    };
    let mut quiet = accepted(&station, 5, may(2, 9, 0), &[]);
    close(&mut quiet, may(5, 9, 0));
    let papers = [
        called(
            1,
            &[
                yes("callback_resolved"),
                set("satisfaction", "very_satisfied"),
            ],
        ),
        called(2, &[set("satisfaction", "basically")]),
        called(3, &[set("satisfaction", "unsatisfied")]),
        called(4, &[set("satisfaction", "no_answer")]),
        quiet,
    ];
    let report = of_may(&station, &papers);
    assert_eq!(rate(&report, Measure::CalledBack), (4, 5));
    assert_eq!(rate(&report, Measure::Resolved), (1, 3));
    assert_eq!(rate(&report, Measure::Satisfied), (2, 3));
    assert_eq!(note(&report, Measure::Satisfied, Note::Unanswered), 1);
    let april = told(
        &station,
        &papers,
        span("2026-04-01", "2026-04-30"),
        may(41, 0, 0),
    );
    assert_eq!(figure(&april, Measure::Satisfied).text(), None);
}

#[test]
fn each_limit_of_a_case_that_fell_due_counts() {
    let station = default_station();
    let case = |n: u64| {
        let edits = [
            set("source", "patrol"),
            set("cause", "占用公共部位"),
            set("offence_at", may(6, 9, 0)),
            set("place", "3号楼"),
            crate::book::tests::add("handlers", "O0001"),
            crate::book::tests::add("handlers", "O0002"),
            step("lead"),
            step("on_spot_decided"),
        ];
        Paper::new(&station, "case", 1, n, may(6, 9, 0), &edits)
    };
    let mut kept = case(1);
    kept.edit(1, may(8, 9, 0), &[step("filed_with_agency")]);
    // Wednesday 6 May and three working days, of which Saturday the 9th is one: Saturday the 9th.
    let mut missed = case(2);
    missed.edit(1, may(12, 9, 0), &[step("filed_with_agency")]);
    let mut papers = [kept, missed];
    assert_eq!(
        rate(&of_may(&station, &papers), Measure::CasesOnTime),
        (1, 2)
    );
    let week = span("2026-05-10", "2026-05-12");
    let report = told(&station, &papers, week, may(41, 0, 0));
    assert_eq!(rate(&report, Measure::CasesOnTime), (0, 0));
    papers[1].edit(2, may(7, 9, 0), &[step("suspended")]);
    let report = of_may(&station, &papers);
    assert_eq!(rate(&report, Measure::CasesOnTime), (1, 1));
    assert_eq!(note(&report, Measure::CasesOnTime, Note::Suspended), 1);
}

fn reviewed(outcome: &str) -> Edit {
    let cell = |name: &str, value: &str| (name.to_owned(), Scalar::Str(value.to_owned()));
    Edit::AddRow {
        field: "appeal_reviews".into(),
        cells: vec![cell("by", "O0003"), cell("outcome", outcome)],
    }
}

/// A report of a violation that came on 4 May and was closed after its five working days.
fn late(station: &Station, n: u64) -> Paper {
    let track = set("legal_track", "report_of_violation");
    let mut paper = accepted(station, n, may(4, 9, 0), &[track]);
    close(&mut paper, may(20, 9, 0));
    paper
}

#[test]
fn what_passed_its_limit_with_an_appeal_approved_leaves_the_rate_and_is_listed() {
    let station = default_station();
    let appeal = || set("appeal_reason", "住户外出,两次上门未遇");
    let mut approved = late(&station, 1);
    approved.edit(1, may(21, 9, 0), &[appeal()]);
    let asked = approved.lines(&station);
    approved.edit(3, may(22, 9, 0), &[reviewed("approved")]);
    let mut rejected = late(&station, 2);
    rejected.edit(1, may(21, 9, 0), &[appeal()]);
    rejected.edit(
        3,
        may(22, 9, 0),
        &[reviewed("approved"), reviewed("rejected")],
    );
    // Who decides without anybody having appealed decides nothing.
    let mut unasked = late(&station, 3);
    unasked.edit(3, may(22, 9, 0), &[reviewed("approved")]);
    let is_excused = |lines: &[Line]| {
        let line = lines.iter().find(|line| line.book == "R4").unwrap();
        let due = &line.limits["due"];
        assert!(due.is_over(may(41, 9, 0)), "the trace stays");
        due.excused
    };
    assert!(!is_excused(&asked), "not before somebody decided");
    assert!(is_excused(&approved.lines(&station)));
    let id = approved.id();
    let report = of_may(&station, &[approved, rejected, unasked]);
    assert_eq!(rate(&report, Measure::RequestsOnTime), (0, 2));
    assert_eq!(note(&report, Measure::RequestsOnTime, Note::Excused), 1);
    let metric = report.metric(Measure::RequestsOnTime).unwrap();
    assert_eq!(
        (metric.excused.all, metric.excused.records.as_slice()),
        (1, [id].as_slice())
    );
    assert_eq!(metric.behind.all, 2);
}

#[test]
fn an_appeal_against_one_limit_of_a_case_excuses_no_other() {
    let station = default_station();
    let late = |n: u64, limits: &[&str]| {
        let limits = limits
            .iter()
            .map(|name| crate::book::tests::add("appealed_limits", name));
        let base = [
            set("cause", "占用公共部位"),
            set("offence_at", may(6, 9, 0)),
            step("lead"),
            step("on_spot_decided"),
        ];
        let edits: Vec<Edit> = base.into_iter().chain(limits).collect();
        let mut paper = Paper::new(&station, "case", 1, n, may(6, 9, 0), &edits);
        paper.edit(1, may(12, 9, 0), &[step("filed_with_agency")]);
        let appeal = [set("appeal_reason", "系统故障"), reviewed("approved")];
        paper.edit(3, may(13, 9, 0), &appeal);
        paper
    };
    let papers = [
        late(1, &["file_with_agency"]),
        late(2, &["decide", "close"]),
    ];
    let report = of_may(&station, &papers);
    assert_eq!(rate(&report, Measure::CasesOnTime), (0, 1));
    assert_eq!(note(&report, Measure::CasesOnTime, Note::Excused), 1);
}

#[test]
fn steps_against_the_rules_are_told_beside_completeness() {
    let station = default_station();
    let honest = accepted(&station, 1, may(4, 9, 0), &[]);
    let mut skipped = request(&station, 2, may(4, 9, 0), &[]);
    skipped.edit(2, may(5, 9, 0), &[step("closed")]);
    let skipped_id = skipped.id();
    let report = of_may(&station, &[honest, skipped]);
    assert_eq!(note(&report, Measure::Complete, Note::Breaches), 1);
    let behind = &report.metric(Measure::Complete).unwrap().behind.records;
    assert!(behind.contains(&skipped_id));
}
