//! The longest plausible names, and texts that mean harm.

use serde_json::json;
use sync_core::record::write::Edit;

use super::{Sample, at, set, step};

pub const HOSTILE: &str = "<script>alert(1)</script>\"'><img src=x onerror=\"x\">\u{202e}txt.exe\u{200b}\u{1b}[31m\u{feff}{{7*7}}{name}z\u{301}\u{301}\u{301}\u{301}\u{301}";

impl Sample {
    pub fn long() -> Sample {
        let name = "新疆维吾尔自治区巴音郭楞蒙古自治州库尔勒市朝阳街道团结社区城市管理综合行政执法工作站（第二驻点工作室）";
        let person = "阿卜杜勒热合曼·麦麦提图尔荪尼亚孜·库尔班江";
        let mut sample = Sample::new(
            name,
            &[
                person,
                "Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh",
                person,
            ],
        );
        let text = "在人行道上擅自堆放装修材料、设置经营摊点并拒不改正，".repeat(6);
        let case = sample.make("case", 1, at(9, 0), at(99, 0), &json!({
            "source": "patrol", "cause": text, "offence_at": "2026-05-11T01:00:00Z",
            "place": name, "facts": text.repeat(8), "party": "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch",
            "party_kind": "organisation", "contact": "13800138000", "handlers": ["O0001", "O0002", "O0003"],
            "procedure": "ordinary", "archive_no": "A".repeat(120), "remark": text,
            "penalties": [{"kind": "fine", "amount": 999_999_999_999i64}, {"kind": "warning"}, {"kind": "confiscate_goods"}],
            "documents": [{"form": "rectification_notice", "no": "锦江区综合行政执法责改通〔2026〕第000012号", "served_on": "2026-05-11", "served_how": text}],
        }));
        sample.papers[case].edit(
            1,
            at(9, 30),
            at(99, 0),
            &[step("lead"), step("filing_review"), step("filed")],
        );
        sample.papers[case].edit(2, at(9, 40), at(99, 0), &[set("remark", &text.repeat(2))]);
        let heads = sample.papers[case].heads();
        sample.papers[case].edit_at(
            &heads,
            1,
            at(9, 50),
            at(99, 0),
            &[set("cause", &text.replace('在', "于"))],
        );
        sample.papers[case].edit_at(&heads, 2, at(9, 51), at(99, 0), &[set("cause", name)]);
        sample.number(case);
        sample.make("patrol", 2, at(9, 0), at(99, 0), &json!({
            "officers": ["O0001", "O0002", "O0003"], "route": text, "started_at": "2026-05-11T01:00:00Z",
        }));
        sample.hold("wrong_form", 1, &"fields/very_long_path/".repeat(20), false);
        sample
    }

    pub fn hostile() -> Sample {
        let mut sample = Sample::new(HOSTILE, &[HOSTILE, "\u{202e}\u{202e}", "<b>"]);
        let case = sample.make("case", 1, at(9, 0), at(9, 1), &json!({
            "source": HOSTILE, "cause": HOSTILE, "offence_at": "9998-12-31T01:00:00Z", "place": HOSTILE,
            "facts": HOSTILE.repeat(3), "party": HOSTILE, "contact": HOSTILE, "handlers": [HOSTILE, "O0001"],
            "penalties": [{"kind": HOSTILE, "amount": i64::MIN}], "log": [{"text": HOSTILE}],
        }));
        let note = Edit::Step {
            to: HOSTILE.into(),
            note: Some(HOSTILE.into()),
        };
        sample.papers[case].edit(
            1,
            at(9, 10),
            at(9, 11),
            &[step("lead"), step("filing_review"), step("filed"), note],
        );
        let heads = sample.papers[case].heads();
        let reason = Edit::Amend {
            reason: HOSTILE.into(),
        };
        sample.papers[case].edit_at(
            &heads,
            2,
            at(9, 12),
            at(9, 13),
            &[set("place", "<i>"), reason],
        );
        sample.papers[case].edit_at(
            &heads,
            1,
            at(9, 12),
            at(9, 13),
            &[set("place", &format!("{HOSTILE}2"))],
        );
        let remove = Edit::Remove {
            target: None,
            reason: HOSTILE.into(),
        };
        sample.papers[case].edit_at(&heads, 3, at(9, 12), at(9, 13), &[remove]);
        sample.hold(HOSTILE, 1, HOSTILE, false);
        sample
    }
}
