use proptest::prelude::*;

use super::*;

/// A day of two officers: a duty day, two patrols (one by both), two findings, two receptions
/// and a case.
fn sample(station: &Station) -> Vec<Paper> {
    let case = Paper::new(
        station,
        "case",
        1,
        1,
        at(9, 50),
        &[
            set("cause", "占道经营"),
            set("offence_at", at(9, 45)),
            set("place", "锦华路"),
            step("lead"),
        ],
    );
    let duty = [
        set("day", "2026-05-11"),
        set("weather", "晴"),
        set("arrived_at", at(8, 30)),
        set("left_at", at(17, 5)),
        set("handover", "3号楼堆物明日复查"),
    ];
    let both = [
        add("officers", "O0001"),
        add("officers", "O0002"),
        set("route", "锦华苑"),
        set("started_at", at(9, 0)),
        set("ended_at", at(10, 0)),
    ];
    let alone = [
        add("officers", "O0001"),
        set("route", "锦华路"),
        set("started_at", at(14, 0)),
        set("ended_at", at(15, 0)),
        Edit::Set {
            spot: Spot::Field("nothing_found".into()),
            value: Scalar::Bool(true),
        },
    ];
    let finding = [
        add("category", "street_vendor"),
        set("place", "锦华苑3号楼"),
        set("first_observed", at(9, 40)),
        set("case", case.id().to_string().as_str()),
        step("found"),
    ];
    let reception = [
        set("at", at(11, 0)),
        set("disposition", "recorded_and_reported"),
        set("matter", "楼道堆物"),
        step("received"),
    ];
    let another = [
        set("at", at(11, 30)),
        set("disposition", "explained"),
        set("matter", "咨询养犬登记"),
        step("received"),
    ];
    vec![
        Paper::new(station, "duty_day", 1, 2, at(17, 10), &duty),
        Paper::new(station, "patrol", 2, 3, at(10, 5), &both),
        Paper::new(station, "patrol", 1, 4, at(15, 5), &alone),
        Paper::new(station, "finding", 1, 5, at(9, 41), &finding),
        Paper::new(station, "reception", 1, 6, at(11, 10), &reception),
        Paper::new(station, "reception", 1, 7, at(11, 40), &another),
        case,
    ]
}

fn all_lines(station: &Station) -> Vec<Line> {
    sample(station)
        .iter()
        .flat_map(|paper| paper.lines(station))
        .collect()
}

#[test]
fn a_day_of_seven_records_becomes_a_row_for_each_officer() {
    let station = default_station();
    let lines = all_lines(&station);
    let page = page(&station.catalogue().books["R1"], &lines, &day_facts());
    assert_eq!(page.rows.len(), 2);
    let of = |name: &str| {
        (0..2)
            .find(|row| zh(&page, *row, "officer") == name)
            .unwrap()
    };
    let (wang, li) = (of("王小明"), of("李雷"));
    assert_eq!(zh(&page, wang, "date"), "2026年5月11日 星期一 晴");
    assert_eq!(cell(&page, wang, "date").text.en, "11 May 2026 Mon 晴");
    assert_eq!(zh(&page, wang, "on_duty"), "08:30—17:05");
    assert_eq!(
        zh(&page, wang, "patrol"),
        "锦华苑 09:00—10:00；锦华路 14:00—15:00 零报告"
    );
    assert_eq!(zh(&page, wang, "received"), "2");
    assert_eq!(zh(&page, wang, "handover"), "3号楼堆物明日复查；楼道堆物");
    assert_eq!(zh(&page, wang, "author"), "王小明；李雷");
    assert_eq!(zh(&page, li, "patrol"), "锦华苑 09:00—10:00");
    assert_eq!(zh(&page, li, "date"), "2026年5月11日 星期一");
    assert_eq!(zh(&page, li, "received"), "");
}

#[test]
fn a_case_named_twice_stands_once_by_its_number_and_until_then_by_its_local_number() {
    let station = default_station();
    let papers = sample(&station);
    let case = papers.last().unwrap().id();
    let lines: Vec<Line> = papers
        .iter()
        .flat_map(|paper| paper.lines(&station))
        .collect();
    let book = &station.catalogue().books["R1"];
    let row = |page: &Page| {
        (0..2)
            .find(|row| zh(page, *row, "officer") == "王小明")
            .unwrap()
    };

    let before = page(book, &lines, &day_facts());
    assert_eq!(zh(&before, row(&before), "cases"), "L-01010101-2");
    let mut facts = day_facts();
    facts.numbers = vec![number("R3", 9, case), number("R3", 7, case)];
    let after = page(book, &lines, &facts);
    assert_eq!(zh(&after, row(&after), "cases"), "锦城案〔2026〕第0007号");
    let unknown = page(
        book,
        &lines
            .iter()
            .filter(|l| l.record != case)
            .cloned()
            .collect::<Vec<_>>(),
        &day_facts(),
    );
    assert!(zh(&unknown, row(&unknown), "cases").starts_with('('));
}

#[test]
fn a_page_says_who_has_not_sent_since_the_day_ended() {
    let station = default_station();
    let mut facts = day_facts();
    let device = |n: u8, last_contact, waiting| DeviceCoverage {
        device: device(n),
        person: person(n),
        name: format!("队员{n}"),
        last_contact,
        last_seq: 3,
        waiting,
    };
    facts.coverage = vec![
        device(3, None, None),
        device(1, Some(at(24, 1)), Some(0)),
        device(2, Some(at(23, 59)), None),
    ];
    let page = page(
        &station.catalogue().books["R1"],
        &all_lines(&station),
        &facts,
    );
    let missing: Vec<&str> = page
        .coverage
        .missing()
        .map(|one| one.name.as_str())
        .collect();
    assert_eq!(missing, ["队员2", "队员3"]);
    assert!(!page.coverage.is_complete());
    let summary = page.summary.unwrap();
    assert_eq!((summary.rows, summary.records), (2, 7));
    assert_eq!(
        summary
            .totals
            .iter()
            .map(|total| total.text.as_str())
            .collect::<Vec<_>>(),
        ["0", "2"]
    );
}

#[test]
fn a_removed_patrol_is_struck_through_and_its_neighbours_stay() {
    let station = default_station();
    let mut papers = sample(&station);
    papers[2].edit(
        1,
        at(16, 0),
        &[Edit::Remove {
            target: None,
            reason: "重复录入".into(),
        }],
    );
    let lines: Vec<Line> = papers
        .iter()
        .flat_map(|paper| paper.lines(&station))
        .collect();
    let page = page(&station.catalogue().books["R1"], &lines, &day_facts());
    let row = (0..2)
        .find(|row| zh(&page, *row, "officer") == "王小明")
        .unwrap();
    let patrol = cell(&page, row, "patrol");
    assert_eq!(patrol.text.zh, "锦华苑 09:00—10:00");
    assert_eq!(
        patrol
            .parts
            .iter()
            .map(|part| part.struck)
            .collect::<Vec<_>>(),
        [false, true]
    );
    assert!(!page.rows[row].struck);
    let marks = page.rows[row]
        .marks
        .iter()
        .find(|marks| marks.record == papers[2].id())
        .unwrap();
    assert_eq!(marks.marks.removed.as_ref().unwrap().reason, "重复录入");
}

#[test]
fn the_reviewers_name_fills_his_column_once_he_has_reviewed() {
    let station = default_station();
    let mut facts = day_facts();
    facts.reviewer = Some(Said::same("韩梅梅"));
    let page = page(
        &station.catalogue().books["R1"],
        &all_lines(&station),
        &facts,
    );
    assert_eq!(zh(&page, 0, "reviewer"), "韩梅梅");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_order_of_lines_gives_the_same_page(order in Just((0..8_usize).collect::<Vec<_>>()).prop_shuffle()) {
        let station = default_station();
        let lines: Vec<Line> =
            all_lines(&station).into_iter().filter(|line| line.book == "R1").collect();
        prop_assert_eq!(lines.len(), 8);
        let book = &station.catalogue().books["R1"];
        let shuffled: Vec<Line> = order.iter().map(|at| lines[*at].clone()).collect();
        let backwards: Vec<Line> = lines.iter().rev().cloned().collect();
        let forwards = page(book, &lines, &day_facts());
        prop_assert_eq!(&page(book, &backwards, &day_facts()), &forwards);
        prop_assert_eq!(&page(book, &shuffled, &day_facts()), &forwards);
    }
}

#[test]
fn a_line_reads_back_from_its_json_and_gives_the_same_bytes() {
    let station = default_station();
    for line in all_lines(&station) {
        let json = serde_json::to_string(&line).unwrap();
        let read: Line = serde_json::from_str(&json).unwrap();
        assert_eq!(read, line);
        assert_eq!(serde_json::to_string(&read).unwrap(), json);
    }
    let once: Vec<String> = all_lines(&station)
        .iter()
        .map(|line| serde_json::to_string(line).unwrap())
        .collect();
    let again: Vec<String> = all_lines(&station)
        .iter()
        .map(|line| serde_json::to_string(line).unwrap())
        .collect();
    assert_eq!(once, again);
}
