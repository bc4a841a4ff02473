//! A working day: amended, contested, late, struck out, and with a phone whose clock is wrong.

use serde_json::json;
use sync_core::record::write::Edit;

use super::{Sample, at, set, step};

impl Sample {
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
}
