//! What the register says of blocks of numbers.

use super::*;
use crate::catalogue::block::{NO, REASON, RECORD, SHEETS, USED, VOIDED, sheets};

const RANGE: &str = "锦城当罚〔2026〕000026—000050号";

fn block(station: &Station, n: u64) -> Paper {
    let edits = [set("form", "on_spot_decision"), step("asked")];
    Paper::new(station, "number_block", 1, n, at(8, 0), &edits)
}

fn row(field: &str, no: &str, other: &str, value: &str) -> Edit {
    let cell = |name: &str, value: &str| (name.to_owned(), Scalar::Str(value.into()));
    Edit::AddRow {
        field: field.into(),
        cells: vec![cell(NO, no), cell(other, value)],
    }
}

fn used(no: &str) -> Edit {
    row(USED, no, RECORD, "00000000000080008000000000000000")
}

fn register(station: &Station, paper: &Paper) -> Page {
    let number = Number {
        book: "R11".into(),
        year: 2026,
        n: 2,
        record: paper.id(),
        step: "asked".into(),
        at: 0,
        text: RANGE.into(),
    };
    let facts = PageFacts {
        offset: 480,
        numbers: vec![number],
        ..PageFacts::default()
    };
    page(
        &station.catalogue().books["R11"],
        &paper.lines(station),
        &facts,
    )
}

fn no(at: usize) -> String {
    sheets(RANGE)[at].clone()
}

#[test]
fn a_fresh_block_has_all_its_numbers_left_and_the_register_its_range() {
    let station = default_station();
    let page = register(&station, &block(&station, 1));
    assert_eq!(zh(&page, 0, "number"), RANGE);
    assert_eq!(zh(&page, 0, "form"), "当场行政处罚决定书");
    assert_eq!(zh(&page, 0, "officer"), "王小明");
    assert_eq!(zh(&page, 0, "free"), SHEETS.to_string());
    assert_eq!(zh(&page, 0, "used"), "");
}

#[test]
fn every_number_stands_as_used_void_or_returned() {
    let station = default_station();
    let mut paper = block(&station, 1);
    paper.edit(1, at(9, 0), &[used(&no(0))]);
    paper.edit(1, at(10, 0), &[row(VOIDED, &no(1), REASON, "写错")]);
    let page = register(&station, &paper);
    assert_eq!(zh(&page, 0, "used"), no(0));
    assert_eq!(zh(&page, 0, "voided"), no(1));
    assert_eq!(zh(&page, 0, "why"), "写错");
    assert_eq!(zh(&page, 0, "free"), (SHEETS - 2).to_string());
    assert!(!cell(&page, 0, "used").conflict && !cell(&page, 0, "voided").conflict);
    let note = Some("轮换岗位".to_owned());
    let to = "returned".into();
    paper.edit(1, at(17, 0), &[Edit::Step { to, note }]);
    let page = register(&station, &paper);
    assert_eq!(zh(&page, 0, "free"), "0");
    assert_eq!(zh(&page, 0, "given_back"), (SHEETS - 2).to_string());
    assert_eq!(zh(&page, 0, "returned"), "2026年5月11日 轮换岗位");
}

#[test]
fn a_number_that_two_copies_of_a_phone_handed_out_is_marked_wherever_it_stands() {
    let station = default_station();
    let mut paper = block(&station, 1);
    let heads = paper.heads();
    paper.edit_at(&heads, 1, at(9, 0), &[used(&no(0))]);
    paper.edit_at(&heads, 2, at(9, 5), &[used(&no(0))]);
    let page = register(&station, &paper);
    let cell = cell(&page, 0, "used");
    assert!(cell.conflict);
    let twice = format!("{}(重号)", no(0));
    assert_eq!(cell.text.zh, format!("{twice}；{twice}"));
    assert_eq!(cell.parts[0].text.en, format!("{} (stands twice)", no(0)));
}

#[test]
fn a_number_that_was_used_though_void_and_one_of_another_block_are_marked() {
    let station = default_station();
    let mut paper = block(&station, 1);
    paper.edit(
        1,
        at(9, 0),
        &[row(VOIDED, &no(3), REASON, "写错"), used(&no(3))],
    );
    paper.edit(
        1,
        at(9, 5),
        &[used("锦城当罚〔2026〕000051号"), used(&no(4))],
    );
    let page = register(&station, &paper);
    assert_eq!(zh(&page, 0, "voided"), format!("{}(重号)", no(3)));
    let foreign = "锦城当罚〔2026〕000051号(不属本号段)";
    assert_eq!(
        zh(&page, 0, "used"),
        format!("{}(重号)；{foreign}；{}", no(3), no(4))
    );
}
