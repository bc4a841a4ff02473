use super::*;

fn case(station: &Station, n: u64, cause: &str) -> Paper {
    let edits = [
        set("cause", cause),
        set("offence_at", at(9, 45)),
        set("place", "锦华路"),
        set("party", "张三丰"),
        set("contact", "13800131234"),
        add("handlers", "O0001"),
        add("handlers", "O0002"),
        step("lead"),
    ];
    Paper::new(station, "case", 1, n, at(9, 50), &edits)
}

fn register(station: &Station, papers: &[&Paper], numbers: Vec<Number>) -> Page {
    let lines: Vec<Line> = papers
        .iter()
        .flat_map(|paper| paper.lines(station))
        .collect();
    let facts = PageFacts {
        offset: 480,
        as_of: at(24 * 100, 0),
        numbers,
        ..PageFacts::default()
    };
    page(&station.catalogue().books["R3"], &lines, &facts)
}

#[test]
fn the_register_has_one_row_a_case_in_the_order_of_numbers_and_those_without_at_the_end() {
    let station = default_station();
    let papers = [
        case(&station, 1, "占道经营"),
        case(&station, 10, "乱搭乱建"),
        case(&station, 20, "流动商贩"),
    ];
    let numbers = vec![
        number("R3", 2, papers[0].id()),
        number("R3", 1, papers[2].id()),
    ];
    let page = register(&station, &[&papers[0], &papers[1], &papers[2]], numbers);
    let column = |id| {
        (0..3)
            .map(|row| zh(&page, row, id).to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(column("cause"), ["流动商贩", "占道经营", "乱搭乱建"]);
    assert_eq!(column("#"), ["1", "2", "3"]);
    assert_eq!(
        column("number"),
        [
            "锦城案〔2026〕第0001号",
            "锦城案〔2026〕第0002号",
            "L-01010101-11"
        ]
    );
    assert_eq!(page.rows[1].provisional, "L-01010101-2");
    assert_eq!(
        zh(&page, 0, "handlers_certificate"),
        "王小明(ZF-O0001)、李雷(ZF-O0002)"
    );
    assert_eq!(zh(&page, 0, "registered"), "2026年5月11日");
}

#[test]
fn two_causes_written_at_once_both_stand_there_with_who_when_and_which_phone() {
    let station = default_station();
    let mut paper = case(&station, 1, "占道经营");
    let heads = paper.heads();
    paper.edit_at(&heads, 1, at(10, 0), &[set("cause", "流动商贩")]);
    paper.edit_at(&heads, 2, at(10, 5), &[set("cause", "无照经营")]);
    let page = register(&station, &[&paper], Vec::new());
    let cell = cell(&page, 0, "cause");
    assert!(cell.conflict);
    let mut shown: Vec<(&str, &str, DeviceId, i64)> = cell
        .parts
        .iter()
        .map(|part| {
            let variant = part.variant.as_ref().unwrap();
            (
                part.text.zh.as_str(),
                variant.by.as_str(),
                variant.device,
                variant.at,
            )
        })
        .collect();
    shown.sort();
    assert_eq!(
        shown,
        [
            ("无照经营", "O0002", device(2), at(10, 5)),
            ("流动商贩", "O0001", device(1), at(10, 0)),
        ]
    );
    assert!(cell.text.zh.contains(" / "));
    let conflict = &page.rows[0].marks[0].marks.conflicts[0];
    assert_eq!(
        (conflict.path.as_str(), conflict.columns.as_slice()),
        ("cause", ["cause".to_owned()].as_slice())
    );
    assert_eq!(facts(&paper.view(), &station).conflicts, 1);
}

#[test]
fn what_is_changed_after_filing_shows_old_new_who_when_and_why() {
    let station = default_station();
    let mut paper = case(&station, 1, "占道经营");
    paper.edit(1, at(10, 0), &[set("cause", "流动商贩")]);
    paper.edit(3, at(11, 0), &[step("filed")]);
    assert!(!facts(&paper.view(), &station).amended);
    paper.edit(1, at(12, 0), &[set("remark", "已告知")]);
    assert!(
        !facts(&paper.view(), &station).amended,
        "what is filled in replaces nothing"
    );
    let why = Edit::Amend {
        reason: "案由填写有误".into(),
    };
    paper.edit(2, at(13, 0), &[set("cause", "无照经营"), why]);
    paper.edit(1, at(14, 0), &[set("cause", "无照占道经营")]);
    assert!(facts(&paper.view(), &station).amended);

    let page = register(&station, &[&paper], Vec::new());
    let cell = cell(&page, 0, "cause");
    let told: Vec<_> = cell
        .amended
        .iter()
        .map(|one| {
            (
                one.old.zh.as_str(),
                one.new.zh.as_str(),
                one.by.as_str(),
                one.at,
                one.reason.as_deref(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (
                "流动商贩",
                "无照经营",
                "O0002",
                at(13, 0),
                Some("案由填写有误")
            ),
            ("无照经营", "无照占道经营", "O0001", at(14, 0), None),
        ]
    );
    let remark = &super::cell(&page, 0, "remark").amended;
    assert_eq!((remark.len(), remark[0].replaces()), (1, false));
    assert_eq!(page.amendments.unwrap().len(), 2);
    assert_eq!(
        paper
            .lines(&station)
            .iter()
            .find(|line| line.book == "R3")
            .unwrap()
            .marks
            .devices,
        [device(1), device(3), device(2)]
    );
}

#[test]
fn a_case_struck_out_keeps_its_row_and_its_number() {
    let station = default_station();
    let mut paper = case(&station, 1, "占道经营");
    paper.edit(
        1,
        at(12, 0),
        &[Edit::Remove {
            target: None,
            reason: "误立".into(),
        }],
    );
    let page = register(&station, &[&paper], vec![number("R3", 1, paper.id())]);
    assert!(page.rows[0].struck);
    assert_eq!(
        page.rows[0].number.as_deref(),
        Some("锦城案〔2026〕第0001号")
    );
    assert!(cell(&page, 0, "cause").parts[0].struck);
    assert!(facts(&paper.view(), &station).removed);
}

#[test]
fn a_case_struck_out_while_a_colleague_wrote_stays_until_somebody_decides() {
    let station = default_station();
    let mut paper = case(&station, 1, "占道经营");
    let heads = paper.heads();
    paper.edit_at(
        &heads,
        1,
        at(12, 0),
        &[Edit::Remove {
            target: None,
            reason: "误立".into(),
        }],
    );
    paper.edit_at(&heads, 2, at(12, 1), &[set("remark", "已现场核实")]);
    let page = register(&station, &[&paper], Vec::new());
    assert!(!page.rows[0].struck);
    let marks = &page.rows[0].marks[0].marks;
    assert!(marks.removed.as_ref().unwrap().disputed);
    assert_eq!(marks.conflicts[0].path, "removed");
    assert_eq!(zh(&page, 0, "cause"), "占道经营");
}

#[test]
fn a_limit_stands_beside_its_column_and_says_when_it_is_over() {
    let station = default_station();
    let mut paper = case(&station, 1, "占道经营");
    paper.edit(3, at(11, 0), &[step("on_spot_decided")]);
    let page = register(&station, &[&paper], Vec::new());
    let due = &cell(&page, 0, "filed_with_agency").due[0];
    assert!(due.over);
    assert_eq!(due.due.due, at(24 * 4, 0));
    paper.edit(1, at(20, 0), &[step("filed_with_agency")]);
    let page = register(&station, &[&paper], Vec::new());
    let due = &cell(&page, 0, "filed_with_agency").due[0];
    assert!(!due.over);
    assert_eq!(due.due.done, Some(at(20, 0)));
}

#[test]
fn a_masked_page_hides_people_in_cells_conflicts_and_amendments() {
    let station = default_station();
    let mut paper = case(&station, 1, "占道经营");
    paper.edit(3, at(11, 0), &[step("filed")]);
    let heads = paper.heads();
    paper.edit_at(&heads, 1, at(12, 0), &[set("party", "张三")]);
    paper.edit_at(&heads, 2, at(12, 1), &[set("party", "张三丰年")]);
    paper.edit(1, at(13, 0), &[set("contact", "13900139999")]);
    let page = register(&station, &[&paper], Vec::new()).masked();
    let json = serde_json::to_string(&page).unwrap();
    for secret in ["张三", "13800131234", "13900139999"] {
        assert!(!json.contains(secret), "{secret} in {json}");
    }
    assert_eq!(zh(&page, 0, "contact"), "139****9999");
    assert_eq!(zh(&page, 0, "party"), "张** / 张**");
}

#[test]
fn clocks_that_lie_apart_say_why_as_far_as_can_be_told() {
    let station = default_station();
    let marks = |recorded: i64, received: i64| {
        let mut paper = case(&station, 1, "占道经营");
        let bytes = paper.history.changes()[0].bytes.clone();
        paper.history = History::new(paper.id());
        paper.push(bytes, 1, recorded, received);
        paper.lines(&station).remove(0).marks
    };
    assert_eq!(marks(at(10, 0), at(10, 4)).drift, None);
    let late = marks(at(10, 0), at(18, 0));
    assert_eq!(
        late.drift,
        Some(Drift {
            ms: 8 * HOUR,
            cause: DriftCause::LateSync
        })
    );
    assert!(!late.late);
    let ahead = marks(at(12, 0), at(10, 0));
    assert_eq!(ahead.drift.unwrap().cause, DriftCause::PhoneClock);
    let behind = marks(at(2, 0), at(10, 0));
    assert_eq!(behind.drift.unwrap().cause, DriftCause::PhoneClock);
    assert!(marks(at(40, 0), at(40, 0)).late);
}

#[test]
fn the_order_in_which_changes_arrive_leaves_no_trace_in_a_line() {
    let station = default_station();
    let mut paper = case(&station, 1, "占道经营");
    let heads = paper.heads();
    paper.edit_at(
        &heads,
        1,
        at(10, 0),
        &[set("cause", "流动商贩"), step("filing_review")],
    );
    paper.edit_at(&heads, 2, at(10, 5), &[set("cause", "无照经营")]);
    paper.edit_at(&heads, 3, at(10, 6), &[set("remark", "已核实")]);
    let mut again = History::new(paper.id());
    for at in [0, 3, 2, 1] {
        let change = paper.history.changes()[at].clone();
        again
            .push(change.decoded, change.bytes, change.origin)
            .unwrap();
    }
    let json = |history: &History| {
        let view = View::of(history);
        serde_json::to_string(&lines(&view, &station)).unwrap()
    };
    assert_eq!(json(&again), json(&paper.history));
}
