//! A station with some days' work.

mod month;

use std::sync::Arc;

use serde_json::{Value, json};
use sync_core::book::Station as BookStation;
use sync_core::catalogue::{Catalogue, FieldType};
use sync_core::envelope::{Charter, CharterDelta, DeviceGrant, Member, Number, ServerKey, SoftKey};
use sync_core::ids::{ActId, DeviceId, Epoch, Hash, PersonId, RecordId, StationId};
use sync_core::record::change::{Decoded, Scalar};
use sync_core::record::history::{History, Origin};
use sync_core::record::value::from_json;
use sync_core::record::view::View;
use sync_core::record::write::{self, Birth, Edit, Pen, Spot};

use super::super::held::HeldRow;
use super::super::station::{Device, Shown};
use crate::station::Station;

/// 2026-05-11 00:00 in China.
const MIDNIGHT: i64 = 1_778_428_800_000;
const MINUTE: i64 = 60_000;

pub const HOSTILE: &str = "<script>alert(1)</script>\"'><img src=x onerror=\"x\">\u{202e}txt.exe\u{200b}\u{1b}[31m\u{feff}{{7*7}}{name}z\u{301}\u{301}\u{301}\u{301}\u{301}";

pub fn at(hour: i64, minute: i64) -> i64 {
    MIDNIGHT + (hour * 60 + minute) * MINUTE
}

pub struct Sample {
    pub station: Shown,
    pub papers: Vec<Paper>,
    pub numbers: Vec<Number>,
    pub held: Vec<HeldRow>,
    row: Option<Station>,
}

/// A record and the officers who write it: officer `n` has the code `O000n` and phone `n`.
pub struct Paper {
    catalogue: Arc<Catalogue>,
    pub kind: String,
    pub history: History,
    entry: u64,
}

impl Paper {
    fn pen<'a>(station: &'a StationId, person: &'a PersonId, officer: u8, at: i64) -> Pen<'a> {
        Pen {
            station,
            device: device(officer),
            g: 0,
            person,
            at,
        }
    }

    fn push(&mut self, bytes: Vec<u8>, officer: u8, at: i64, received: i64) {
        self.entry += 1;
        let origin = Origin {
            act: ActId {
                device: device(officer),
                n: self.entry,
            },
            person: person(officer),
            at,
            received_at: Some(received),
            entry: Some(self.entry),
        };
        let decoded = Decoded::strict(&bytes).unwrap();
        self.history.push(decoded, bytes, origin).unwrap();
    }

    fn edit(&mut self, officer: u8, at: i64, received: i64, edits: &[Edit]) {
        let heads = self.heads();
        self.edit_at(&heads, officer, at, received, edits);
    }

    /// An edit by somebody who knew no more than `heads`.
    fn edit_at(&mut self, heads: &[Hash], officer: u8, at: i64, received: i64, edits: &[Edit]) {
        let (who, code) = (person(officer), code());
        let kind = self.catalogue.kinds.get(&self.kind);
        let pen = Paper::pen(&code, &who, officer, at);
        let bytes = write::change_at(&self.history, heads, kind, edits, &pen).unwrap();
        self.push(bytes, officer, at, received);
    }

    fn heads(&self) -> Vec<Hash> {
        self.history.heads()
    }

    pub fn view(&self) -> View {
        View::of(&self.history)
    }
}

fn code() -> StationId {
    StationId::new("S00").unwrap()
}

fn key(officer: u8) -> SoftKey {
    SoftKey::from_secret(&[officer + 1; 32]).unwrap()
}

fn device(officer: u8) -> DeviceId {
    key(officer).device()
}

fn person(officer: u8) -> PersonId {
    PersonId::new(&format!("O{officer:04}")).unwrap()
}

pub fn step(to: &str) -> Edit {
    Edit::Step {
        to: to.into(),
        note: None,
    }
}

pub fn set(field: &str, value: &str) -> Edit {
    Edit::Set {
        spot: Spot::Field(field.into()),
        value: Scalar::Str(value.into()),
    }
}

impl Sample {
    fn new(name: &str, people: &[&str]) -> Sample {
        let catalogue = Catalogue::embedded().clone();
        let server = SoftKey::from_secret(&[99; 32]).unwrap();
        let mut delta = CharterDelta::new(Epoch { lineage: 0, n: 0 });
        delta.catalogue = Some(catalogue.hash());
        delta.server = Some(ServerKey {
            device: server.device(),
            sign_key: server.public(),
        });
        delta.station_name = Some(name.into());
        let mut devices = Vec::new();
        for (n, name) in (1u8..).zip(people) {
            delta.members.push(Member {
                person: person(n),
                name: (*name).into(),
                post: "队员".into(),
                roles: vec!["stationed_officer".into()],
                active: true,
                certificate: Some(format!("川A-2026-{n:04}")),
                certificate_until: None,
            });
            delta.devices.push(DeviceGrant {
                device: device(n),
                person: person(n),
                sign_key: key(n).public(),
                agree_key: Vec::new(),
                removed: false,
            });
            devices.push(Device {
                id: device(n),
                person: person(n),
                last_seen: [Some(at(39, 12)), Some(at(18, 40)), None][usize::from(n - 1) % 3],
                last_seq: 3,
                waiting: if n == 2 { 4 } else { 0 },
                removed: n == 4,
                frozen: n == 3,
                first_seen: at(-48, 0),
            });
        }
        let mut charter = Charter::default();
        charter.apply(&delta).unwrap();
        let books = BookStation::new(&charter, Arc::new(catalogue));
        Sample {
            station: Shown {
                id: code(),
                name: name.into(),
                charter,
                books,
                devices,
                entries: 128,
                root: "3f9ac0de51b7e2684d0a".repeat(3),
            },
            papers: Vec::new(),
            numbers: Vec::new(),
            held: Vec::new(),
            row: Some(Station {
                id: code(),
                name: name.into(),
                word: "锦城".into(),
                zone_minutes: 480,
                epoch: Epoch { lineage: 0, n: 0 },
                entries: 0,
                range: Vec::new(),
                root: Vec::new(),
                server_device: server.device(),
                server_seq: 0,
                server_prev: Hash::ZERO,
                server_acts: 0,
                server_records: 0,
                arrivals: 0,
                created_at: 0,
            }),
        }
    }

    pub fn stations(&self) -> Vec<Station> {
        self.row.iter().cloned().collect()
    }

    /// The edits that fill a record of the kind with these values.
    fn filled(&self, kind: &str, body: &Value) -> Vec<Edit> {
        let kind = &self.station.catalogue().kinds[kind];
        let mut edits = Vec::new();
        for (name, value) in body.as_object().unwrap() {
            let field = kind.field(name).unwrap_or_else(|| panic!("{name}"));
            let add = |value: &Value| Edit::Add {
                field: name.clone(),
                value: from_json(field, value).unwrap(),
            };
            if field.is_rows() {
                edits.extend(value.as_array().unwrap().iter().map(|row| {
                    Edit::AddRow {
                        field: name.clone(),
                        cells: row
                            .as_object()
                            .unwrap()
                            .iter()
                            .map(|(cell, value)| {
                                let field = field.cell(cell).unwrap();
                                (cell.clone(), from_json(field, value).unwrap())
                            })
                            .collect(),
                    }
                }));
            } else if field.many {
                edits.extend(value.as_array().unwrap().iter().map(add));
            } else if field.ty == FieldType::Track {
                edits.push(add(value));
            } else {
                let value = from_json(field, value).unwrap();
                edits.push(Edit::Set {
                    spot: Spot::Field(name.clone()),
                    value,
                });
            }
        }
        edits
    }

    fn make(&mut self, kind: &str, officer: u8, at: i64, received: i64, body: &Value) -> usize {
        let n = self.papers.len() as u64 + 1;
        let record = RecordId::derive(&code(), device(officer), n);
        let catalogue = self.station.books.catalogue().clone();
        let (who, code) = (person(officer), code());
        let birth = Birth {
            kind: &catalogue.kinds[kind],
            external_id: None,
        };
        let edits = self.filled(kind, body);
        let pen = Paper::pen(&code, &who, officer, at);
        let bytes = write::create(record, birth, &edits, &pen).unwrap();
        let history = History::new(record);
        let mut paper = Paper {
            catalogue,
            kind: kind.into(),
            history,
            entry: n * 10,
        };
        paper.push(bytes, officer, at, received);
        self.papers.push(paper);
        self.papers.len() - 1
    }

    fn number(&mut self, paper: usize) {
        let n = self.numbers.len() as u64 + 1;
        self.numbers.push(Number {
            book: "R3".into(),
            year: 2026,
            n,
            record: self.papers[paper].history.record,
            step: "filed".into(),
            at: 0,
            text: format!("锦城案〔2026〕第{n:04}号"),
        });
    }

    fn hold(&mut self, code: &str, officer: u8, detail: &str, whole: bool) {
        let records = self
            .papers
            .first()
            .map(|paper| paper.history.record.to_string());
        self.held.push(HeldRow {
            device: device(officer),
            person: person(officer).to_string(),
            code: code.into(),
            detail: detail.into(),
            at: at(9, 5),
            received: Some(at(17, 31)),
            act: 17,
            whole,
            kind: records.is_some().then(|| "case".to_owned()),
            title: records.is_some().then(|| detail.to_owned()),
            records: records.into_iter().collect(),
        });
    }

    pub fn empty() -> Sample {
        let mut sample = Sample::new("锦华社区城管工作站", &[]);
        sample.row = None;
        sample
    }

    pub fn day() -> Sample {
        let mut sample = Sample::new("锦华社区城管工作站", &["王小明", "李雷", "韩梅梅"]);
        let full = sample.make("case", 1, at(9, 12), at(17, 30), &json!({
            "source": "patrol", "cause": "占用城市道路堆放物料", "offence_at": "2026-05-11T01:00:00Z",
            "place": "锦华路一段12号门前", "facts": "在人行道堆放装修材料约 6 平方米，妨碍通行。",
            "law": "《城市道路管理条例》第三十二条", "party": "成都某某建材经营部",
            "party_kind": "individual_business", "contact": "13800138000",
            "handlers": ["O0001", "O0002"], "procedure": "ordinary", "level": "l1_squad",
            "penalties": [{"kind": "fine", "amount": 20000}],
            "documents": [{"form": "rectification_notice", "no": "锦责改通〔2026〕12号", "served_on": "2026-05-11", "served_how": "直接送达"}],
            "log": [{"at": "2026-05-11T01:10:00Z", "text": "现场拍照，通知当事人到场。"}],
        }));
        let paper = &mut sample.papers[full];
        for (to, hour) in [
            ("lead", 9),
            ("filing_review", 10),
            ("filed", 11),
            ("investigating", 14),
        ] {
            paper.edit(1, at(hour, 20), at(17, 30), &[step(to)]);
        }
        let reason = Edit::Amend {
            reason: "当事人名称登记有误，已核对营业执照".into(),
        };
        paper.edit(
            2,
            at(15, 2),
            at(17, 31),
            &[
                set("party", "成都市锦江区某某建材经营部"),
                set("place", "锦华路一段14号门前"),
                reason,
            ],
        );
        sample.number(full);

        let torn = sample.make("case", 2, at(10, 1), at(10, 2), &json!({
            "source": "patrol", "cause": "擅自设置户外广告", "offence_at": "2026-05-11T02:00:00Z",
            "place": "春熙路北段3号", "party": "张三", "party_kind": "citizen", "procedure": "ordinary", "level": "l0_station",
            "handlers": ["O0002"],
        }));
        let paper = &mut sample.papers[torn];
        paper.edit(2, at(10, 5), at(10, 6), &[step("lead")]);
        let heads = paper.heads();
        paper.edit_at(
            &heads,
            1,
            at(11, 40),
            at(17, 30),
            &[
                set("level", "l1_squad"),
                set("cause", "擅自设置大型户外广告"),
            ],
        );
        paper.edit_at(
            &heads,
            2,
            at(11, 52),
            at(17, 33),
            &[set("level", "l2_deputy_leader")],
        );

        let late = sample.make("case", 3, at(34, 0), at(34, 11), &json!({
            "source": "patrol", "cause": "未按规定分类投放生活垃圾", "offence_at": "2026-05-09T08:10:00Z",
            "place": "锦华苑3号楼", "party": "欧阳某", "party_kind": "citizen",
        }));
        sample.papers[late].edit(3, at(34, 1), at(34, 12), &[step("lead")]);

        let gone = sample.make("case", 1, at(8, 30), at(8, 31), &json!({
            "source": "patrol", "cause": "重复登记", "offence_at": "2026-05-11T00:20:00Z", "place": "锦华路",
        }));
        let remove = Edit::Remove {
            target: None,
            reason: "与第1号为同一案件".into(),
        };
        sample.papers[gone].edit(1, at(9, 30), at(9, 31), &[remove]);

        sample.make("duty_day", 1, at(17, 20), at(17, 30), &json!({
            "day": "2026-05-11", "weather": "晴", "mode": "permanent",
            "arrived_at": "2026-05-11T00:28:00Z", "left_at": "2026-05-11T09:05:00Z",
            "handover": "3号楼楼道堆物待物业清理，明日复查。", "summary": "全天驻点，巡查两次。",
        }));
        // Its phone is 11 minutes fast.
        let walk = sample.make("patrol", 1, at(17, 41), at(17, 30), &json!({
            "officers": ["O0001"], "route": "锦华路一段至三段", "grid": "JH-03",
            "started_at": "2026-05-11T01:00:00Z", "ended_at": "2026-05-11T02:25:00Z",
            "track": [[0, 30.65, 104.08, 5], [60, 30.6502, 104.0801, 5], [4980, 30.66, 104.09, 8]],
            "nothing_found": true,
        }));
        sample.papers[walk].edit(
            1,
            at(17, 42),
            at(17, 31),
            &[step("started"), step("ended"), step("submitted")],
        );
        let finding = sample.make("finding", 2, at(14, 0), at(17, 33), &json!({
            "category": ["X07"], "place": "锦华苑3号楼2单元", "first_observed": "2026-05-11T05:40:00Z",
            "description": "楼道堆放旧家具，占通道约一半。", "deadline": "2026-05-14",
        }));
        sample.papers[finding].edit(
            2,
            at(14, 1),
            at(17, 33),
            &[step("found"), step("persuaded")],
        );
        for n in 0..4 {
            let minute = format!("2026-05-11T0{}:15:00Z", 2 + n);
            let reception = sample.make("reception", 1, at(10 + n, 20), at(17, 30), &json!({
                "channel": "walk_in", "received_at": minute, "requester": "王大爷", "requester_phone": "13800138000",
                "matter": "反映楼下餐饮油烟扰民", "disposition": "recorded_and_reported",
            }));
            sample.papers[reception].edit(1, at(10 + n, 21), at(17, 30), &[step("received")]);
        }
        sample.hold("forbidden", 2, "fields/archive_no", false);
        sample.hold("device_removed", 3, "", true);
        sample
    }

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
