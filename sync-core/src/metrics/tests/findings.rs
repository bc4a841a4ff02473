//! Zero growth, recurrence and deadlines.

use super::*;

/// A finding that officer 1 wrote down at once, open.
fn found(station: &Station, n: u64, at: i64, edits: &[Edit]) -> Paper {
    let base = [
        crate::book::tests::add("category", "X07"),
        set("place", "3号楼"),
        set("committee", "锦华居委会"),
        set("first_observed", at),
        step("found"),
    ];
    let edits: Vec<Edit> = base.iter().chain(edits).cloned().collect();
    Paper::new(station, "finding", 1, n, at, &edits)
}

fn fix(paper: &mut Paper, at: i64) {
    paper.edit(1, at, &[step("persuaded"), step("verified_fixed")]);
}

/// As T5 has it: 12 legacies, of which 3 are closed and one comes back; 5 new, of which 4 are
/// fixed.
fn t5(station: &Station, legacy: &dyn Fn(u64) -> Paper) -> Vec<Paper> {
    let mut papers: Vec<Paper> = (1..=12).map(legacy).collect();
    for paper in &mut papers[..3] {
        fix(paper, may(10, 9, 0));
    }
    let back = papers[0].id().to_string();
    papers.push(found(
        station,
        20,
        may(20, 9, 0),
        &[set("recurs", back.as_str())],
    ));
    for n in 30..35 {
        let mut new = found(station, n, may(12, 9, 0), &[]);
        if n < 34 {
            fix(&mut new, may(14, 9, 0));
        }
        papers.push(new);
    }
    papers
}

fn is_t5(report: &Report) {
    let legacy = figure(report, Measure::Legacy);
    assert_eq!(legacy, Figure::Change { start: 12, end: 10 });
    assert_eq!(
        (legacy.text().as_deref(), legacy.is_met()),
        (Some("-2"), Some(true))
    );
    let new = figure(report, Measure::NewStanding);
    assert_eq!(
        new,
        Figure::Growth {
            found: 5,
            standing: 1
        }
    );
    assert_eq!(new.is_met(), Some(false));
    assert_eq!(note(report, Measure::Legacy, Note::Recurred), 1);
    assert_eq!(report.metric(Measure::NewStanding).unwrap().behind.all, 1);
}

#[test]
fn t5_fewer_legacies_and_one_new_problem_left() {
    let station = default_station();
    let legacy = |n: u64| found(&station, n, may(-20, 9, 0), &[yes("legacy")]);
    let report = of_may(&station, &t5(&station, &legacy));
    is_t5(&report);
    // Fixed in May: 3 legacies and 4 new ones.
    assert_eq!(rate(&report, Measure::Recurrence), (1, 7));
    assert_eq!(note(&report, Measure::Legacy, Note::UpTo90Days), 10);
}

#[test]
fn t5_with_a_baseline_instead_of_marks() {
    let rules = Catalogue::embedded().files()["metrics.toml"].replace(
        "baselines = []",
        "baselines = [{ day = \"2026-04-20\" }, { committee = \"锦华居委会\", day = \"2026-04-15\" }]",
    );
    let files = [
        ("metrics.toml", rules.as_str()),
        ("catalogue.toml", "extends = \"none\""),
    ];
    let station = station(overlay(Catalogue::embedded().files(), &files));
    let report = of_may(
        &station,
        &t5(&station, &|n| found(&station, n, may(-20, 9, 0), &[])),
    );
    is_t5(&report);
    let [committee] = report.committees.as_slice() else {
        panic!("{:?}", report.committees);
    };
    assert_eq!(committee.baseline, "2026-04-15".parse().ok());
    assert_eq!((committee.found, committee.standing), (5, 1));
    assert_eq!((committee.legacy_start, committee.legacy_end), (12, 10));
    // First observed after the baseline of its own committee: not a legacy, and not of May.
    let later = [found(&station, 1, may(-13, 9, 0), &[])];
    let report = of_may(&station, &later);
    assert_eq!(
        figure(&report, Measure::Legacy),
        Figure::Change { start: 0, end: 0 }
    );
    assert_eq!(note(&report, Measure::NewStanding, Note::FoundBefore), 1);
}

#[test]
fn t8_a_contested_finding_is_open_until_somebody_decides() {
    let station = default_station();
    let mut paper = found(&station, 1, may(5, 9, 0), &[set("deadline", "2026-05-20")]);
    paper.edit(1, may(5, 9, 30), &[step("persuaded")]);
    let heads = paper.heads();
    paper.edit_at(&heads, 1, may(6, 10, 2), &[step("verified_fixed")]);
    paper.edit_at(&heads, 2, may(6, 10, 5), &[step("rectifying")]);
    let report = of_may(&station, std::slice::from_ref(&paper));
    let open = Figure::Growth {
        found: 1,
        standing: 1,
    };
    assert_eq!(figure(&report, Measure::NewStanding), open);
    assert_eq!(note(&report, Measure::NewStanding, Note::Contested), 1);
    assert_eq!(rate(&report, Measure::FindingsOnTime), (0, 1));

    paper.edit(2, may(7, 9, 0), &[step("verified_fixed")]);
    let report = of_may(&station, &[paper]);
    let fixed = Figure::Growth {
        found: 1,
        standing: 0,
    };
    assert_eq!(figure(&report, Measure::NewStanding), fixed);
    assert_eq!(rate(&report, Measure::FindingsOnTime), (1, 1));
}

#[test]
fn a_deadline_is_kept_up_to_its_last_minute() {
    let station = default_station();
    let deadline = [set("deadline", "2026-05-20")];
    let mut kept = found(&station, 1, may(5, 9, 0), &deadline);
    fix(&mut kept, may(20, 23, 59));
    let mut missed = found(&station, 2, may(5, 9, 0), &deadline);
    fix(&mut missed, may(21, 0, 0));
    let mut nothing = found(&station, 3, may(5, 9, 0), &deadline);
    nothing.edit(1, may(30, 9, 0), &[step("not_substantiated")]);
    let mut twice = found(&station, 4, may(5, 9, 0), &[]);
    twice.edit(1, may(5, 10, 0), &[step("duplicate")]);
    let papers = [kept, missed, nothing, twice];
    let report = of_may(&station, &papers);
    assert_eq!(rate(&report, Measure::FindingsOnTime), (1, 2));
    let behind = &report.metric(Measure::FindingsOnTime).unwrap().behind;
    assert_eq!(behind.records, [papers[1].id()]);
    let new = Figure::Growth {
        found: 2,
        standing: 0,
    };
    assert_eq!(figure(&report, Measure::NewStanding), new);
    // On the last day itself nothing is overdue yet.
    let today = told(
        &station,
        &papers[1..2],
        span("2026-05-01", "2026-05-31"),
        may(20, 12, 0),
    );
    assert_eq!(rate(&today, Measure::FindingsOnTime), (0, 0));
}

#[test]
fn what_recurs_from_a_legacy_far_back_is_one() {
    let station = default_station();
    let mut papers = vec![found(&station, 1, may(-20, 9, 0), &[yes("legacy")])];
    for n in 2..6 {
        let last = papers.last().unwrap().id().to_string();
        fix(
            papers.last_mut().unwrap(),
            may(-20 + 5 * i64::try_from(n).unwrap(), 8, 0),
        );
        let back = set("recurs", last.as_str());
        papers.push(found(
            &station,
            n,
            may(-20 + 5 * i64::try_from(n).unwrap(), 9, 0),
            &[back],
        ));
    }
    let report = of_may(&station, &papers);
    let none = Figure::Growth {
        found: 0,
        standing: 0,
    };
    assert_eq!(figure(&report, Measure::NewStanding), none);
    let same = Figure::Change { start: 1, end: 1 };
    assert_eq!(figure(&report, Measure::Legacy), same);
    assert_eq!(note(&report, Measure::Legacy, Note::Recurred), 1);
}

#[test]
fn findings_that_recur_from_each_other_end_the_search() {
    let station = default_station();
    let mut first = found(&station, 1, may(5, 9, 0), &[]);
    let second = found(
        &station,
        2,
        may(6, 9, 0),
        &[set("recurs", first.id().to_string().as_str())],
    );
    first.edit(
        1,
        may(6, 10, 0),
        &[set("recurs", second.id().to_string().as_str())],
    );
    let report = of_may(&station, &[first, second]);
    let new = Figure::Growth {
        found: 2,
        standing: 2,
    };
    assert_eq!(figure(&report, Measure::NewStanding), new);
}
