//! A month's work to count.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sync_core::book;
use sync_core::metrics::{Span, Tally};

use super::{Sample, at, set, step};
use crate::admission::project;
use crate::pages::metrics::Found;

impl Sample {
    /// The metrics of May 2026.
    pub fn counted(&self) -> Found {
        let day = |text: &str| text.parse().unwrap();
        let span = Span::new(day("2026-05-01"), day("2026-05-31"), 480).unwrap();
        let books = &self.station.books;
        let mut tally = Tally::new(books, span, at(40, 0)).unwrap();
        let mut titles = BTreeMap::new();
        for paper in &self.papers {
            let projected = project::of(&paper.history, books);
            titles.insert(projected.record, projected.summary);
            let lines = book::lines(&paper.view(), books);
            lines.iter().for_each(|line| tally.take(line));
        }
        let report = tally.report();
        Found {
            report,
            span,
            titles,
        }
    }

    pub fn month() -> Sample {
        let mut sample = Sample::new("锦华社区城管工作站", &["王小明", "李雷", "韩梅梅"]);
        for (officer, from, until) in [
            (1, "2026-05-06T06:00:00Z", "2026-05-06T08:10:00Z"),
            (2, "2026-05-07T06:00:00Z", "2026-05-07T07:30:00Z"),
        ] {
            let session = sample.make(
                "service_session",
                officer,
                at(-80, 0),
                at(-79, 0),
                &json!({
                    "room": "锦华社区城管工作室", "in_at": from, "in_method": "qr", "out_at": until,
                    "out_method": "qr", "visitors": 3, "in_point": "A", "out_point": "A",
                }),
            );
            sample.papers[session].edit(officer, at(-80, 1), at(-79, 0), &[step("signed_out")]);
        }
        let finding = |sample: &mut Sample, officer: u8, day: i64, more: Value| {
            let observed = jiff::Timestamp::from_millisecond(at(day * 24 + 10, 0)).unwrap();
            let mut body = json!({
                "category": ["X07"], "committee": "锦华居委会", "place": "锦华苑3号楼2单元",
                "first_observed": observed.to_string(),
            });
            let fields = body.as_object_mut().unwrap();
            fields.extend(more.as_object().unwrap().clone());
            let written = at(day * 24 + 10, 5);
            let made = sample.make("finding", officer, written, written, &body);
            sample.papers[made].edit(
                officer,
                written,
                written,
                &[step("found"), step("persuaded")],
            );
            made
        };
        finding(
            &mut sample,
            1,
            -40,
            json!({ "legacy": true, "place": "车库违规使用" }),
        );
        finding(&mut sample, 1, -5, json!({ "deadline": "2026-05-09" }));
        let fixed = finding(&mut sample, 2, -4, json!({ "deadline": "2026-05-10" }));
        sample.papers[fixed].edit(2, at(-60, 0), at(-59, 0), &[step("verified_fixed")]);
        finding(&mut sample, 3, 0, json!({ "committee": "春熙居委会" }));
        for (n, received, due) in [
            (1, "2026-05-04T02:00:00Z", "2026-05-08"),
            (2, "2026-05-05T02:00:00Z", "2026-05-09"),
            (3, "2026-05-06T02:00:00Z", "2026-05-10"),
        ] {
            let request = sample.make("request", 1, at(-150, 0), at(-149, 0), &json!({
                "source": "hotline_12345", "received_at": received, "matter": "反映锦华苑6号楼楼道堆物",
                "place": "锦华苑6号楼", "category": "X07", "due_on": due, "requester_key": "A17",
                "first_response_at": received,
            }));
            let paper = &mut sample.papers[request];
            let steps = ["received", "registered", "accepted"].map(step);
            paper.edit(1, at(-149, 0), at(-149, 0), &steps);
            match n {
                1 => {
                    let closing = [
                        set("satisfaction", "basically"),
                        step("replied"),
                        step("closed"),
                        step("callback"),
                    ];
                    paper.edit(1, at(-80, 0), at(-80, 0), &closing);
                }
                2 => paper.edit(1, at(-80, 0), at(-80, 0), &[step("suspended")]),
                _ => {}
            }
        }
        sample
    }
}
