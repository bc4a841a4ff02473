//! Steps and fields that a phone should not have let through stand marked in the books.

use super::*;

fn person_named(officer: &str) -> Edit {
    add("handlers", officer)
}

fn fine(yuan: i64) -> Edit {
    Edit::AddRow {
        field: "penalties".into(),
        cells: vec![
            ("kind".into(), Scalar::Str("fine".into())),
            ("amount".into(), Scalar::Int(yuan * 100)),
        ],
    }
}

fn yes(field: &str) -> Edit {
    Edit::Set {
        spot: Spot::Field(field.into()),
        value: Scalar::Bool(true),
    }
}

/// A case that may be decided on the spot, of an organisation that is fined so much.
fn case(station: &Station, n: u64, yuan: i64, officers: &[&str]) -> Paper {
    let base = [
        set("source", "patrol"),
        set("cause", "占道经营"),
        set("offence_at", at(9, 45)),
        set("place", "锦华路"),
        set("party", "永泰商行"),
        set("party_kind", "organisation"),
        set("procedure", "summary"),
        set("law", "市容环境卫生管理条例第十四条"),
        set("form_no", "锦城当罚〔2026〕000001号"),
        yes("facts_certain"),
        fine(yuan),
        step("on_spot_checked"),
    ];
    let officers = officers.iter().map(|code| person_named(code));
    let edits: Vec<Edit> = base.into_iter().chain(officers).collect();
    Paper::new(station, "case", 1, n, at(9, 50), &edits)
}

fn decided(station: &Station, n: u64, yuan: i64, officers: &[&str]) -> Paper {
    let mut paper = case(station, n, yuan, officers);
    paper.edit(1, at(10, 0), &[step("on_spot_decided")]);
    paper
}

/// The sentences of its guards that the record was taken against, in English.
fn against(station: &Station, paper: &Paper) -> Vec<String> {
    let breaches = breaches(&paper.view(), station).steps.into_iter();
    let said = breaches.map(|breach| match breach.why {
        Why::Order { from } => {
            let from: Vec<String> = from.into_iter().map(|said| said.en).collect();
            format!("{} after {}", breach.step.en, from.join("/"))
        }
        Why::Condition => format!("{} unconditionally", breach.step.en),
        Why::Guard(rule) => rule.en,
    });
    said.collect()
}

const TWO: &[&str] = &["O0001", "O0002"];

#[test]
fn t6_what_the_law_allows_on_the_spot_is_not_marked_and_what_it_does_not_is_in_its_own_words() {
    let station = default_station();
    for (yuan, officers, told) in [
        (150, TWO, None),
        (3_000, TWO, None),
        (3_001, TWO, Some("above the cap")),
        (150, &["O0001"][..], Some("ask the squad for reinforcement")),
        (150, &["O0001", "O0099"][..], Some("at least two officers")),
    ] {
        let paper = decided(&station, 1, yuan, officers);
        let found = against(&station, &paper);
        match told {
            None => assert_eq!(found, Vec::<String>::new(), "{yuan}"),
            Some(told) => assert!(found.len() == 1 && found[0].contains(told), "{found:?}"),
        }
        let line = paper
            .lines(&station)
            .into_iter()
            .find(|line| line.book == "R3");
        let marks = line.unwrap().marks;
        assert_eq!(marks.breaches.len(), found.len());
        assert!(marks.breaches.iter().all(|breach| breach.by == "O0001"));
        assert_eq!(marks.missing, Vec::new());
    }
}

#[test]
fn a_step_is_judged_by_what_its_author_knew_then() {
    let station = default_station();
    // Raised after the decision: that is an amendment, and no breach of then.
    let mut later = decided(&station, 1, 150, TWO);
    later.edit(1, at(11, 0), &[fine(5_000)]);
    assert_eq!(against(&station, &later), Vec::<String>::new());
    // A colleague added the second officer at once, which whoever decided did not know.
    let mut unknown = case(&station, 2, 150, &["O0001"]);
    let heads = unknown.heads();
    unknown.edit_at(&heads, 2, at(9, 58), &[person_named("O0002")]);
    unknown.edit_at(&heads, 1, at(10, 0), &[step("on_spot_decided")]);
    assert_eq!(against(&station, &unknown).len(), 1);
}

#[test]
fn a_step_from_where_it_cannot_be_taken_names_where_the_record_stood() {
    let station = default_station();
    let mut paper = case(&station, 1, 150, TWO);
    paper.edit(2, at(11, 0), &[step("archived")]);
    assert_eq!(
        against(&station, &paper),
        ["Archived after Checked on the spot"]
    );
    let first = Paper::new(&station, "case", 1, 2, at(9, 0), &[step("closed")]);
    assert_eq!(against(&station, &first), ["Closed after "]);
}

#[test]
fn two_who_took_different_steps_at_once_broke_no_rule_and_who_goes_on_from_either_breaks_none() {
    let station = default_station();
    let mut paper = decided(&station, 1, 150, TWO);
    let heads = paper.heads();
    paper.edit_at(&heads, 1, at(10, 5), &[step("delivered")]);
    paper.edit_at(&heads, 2, at(10, 6), &[step("filed_with_agency")]);
    paper.edit(1, at(11, 0), &[step("performing")]);
    assert_eq!(against(&station, &paper), Vec::<String>::new());
}

#[test]
fn fields_that_a_step_wants_and_nobody_filled_in_are_named_until_they_are() {
    let station = default_station();
    let edits = [
        set("source", "patrol"),
        set("cause", "占道经营"),
        set("offence_at", at(9, 45)),
        set("place", " "),
        step("lead"),
        step("filing_review"),
        step("filed"),
    ];
    let mut paper = Paper::new(&station, "case", 1, 1, at(9, 50), &edits);
    let missing = |paper: &Paper| -> Vec<String> {
        let missing = breaches(&paper.view(), &station).missing.into_iter();
        missing.map(|said| said.zh).collect()
    };
    assert_eq!(
        missing(&paper),
        ["违法地点", "当事人", "当事人类别", "承办人", "程序"]
    );
    let fill = [
        set("place", "锦华路"),
        set("party", "张三丰"),
        set("procedure", "ordinary"),
    ];
    paper.edit(1, at(12, 0), &fill);
    assert_eq!(missing(&paper), ["当事人类别", "承办人"]);
}

#[test]
fn a_flood_of_steps_is_marked_within_bounds() {
    let station = default_station();
    let flood: Vec<Edit> = (0..400).map(|_| step("archived")).collect();
    let paper = Paper::new(&station, "case", 1, 1, at(9, 0), &flood);
    assert_eq!(breaches(&paper.view(), &station).steps.len(), 16);
}
