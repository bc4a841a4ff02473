//! T6: what may be decided on the spot.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::*;

/// Officers `C1`, `C2` have a certificate, nobody else.
#[derive(Debug)]
struct Squad;

impl People for Squad {
    fn name(&self, _: &str, _: Language) -> Option<String> {
        None
    }

    fn certificate(&self, code: &str) -> Option<String> {
        code.starts_with('C').then(|| format!("ZF-{code}"))
    }
}

struct Penalty<'a> {
    handlers: &'a [&'a str],
    party: &'a str,
    yuan: i64,
    more: &'a [(&'a str, Datum)],
}

impl Penalty<'_> {
    /// The sentences that stand in the way.
    fn refused(&self) -> Vec<&'static str> {
        let text = |text: &str| Datum::Text(text.to_owned());
        let fine = BTreeMap::from([
            ("kind".to_owned(), text("fine")),
            ("amount".to_owned(), Datum::Integer(self.yuan * 100)),
        ]);
        let handlers = self.handlers.iter().map(|code| text(code)).collect();
        let mut fields = BTreeMap::from([
            ("handlers".to_owned(), Datum::List(handlers)),
            ("party_kind".to_owned(), text(self.party)),
            ("facts_certain".to_owned(), Datum::Boolean(true)),
            ("law".to_owned(), text("上海市市容环境卫生管理条例")),
            ("penalties".to_owned(), Datum::Rows(vec![fine])),
            ("form_no".to_owned(), text("锦华当罚〔2026〕000001号")),
        ]);
        let more = self
            .more
            .iter()
            .map(|(name, datum)| ((*name).to_owned(), datum.clone()));
        fields.extend(more);
        let around = Arc::new(Around {
            catalogue: Arc::new(Catalogue::embedded().clone()),
            people: Arc::new(Squad),
            offset: 480,
        });
        let record = RecordData {
            fields,
            ..RecordData::default()
        };
        let ctx = ExprContext::new(around, "case", Arc::new(record));
        let step = Catalogue::embedded().kinds["case"]
            .step("on_spot_decided")
            .unwrap();
        let broken = step
            .guards
            .iter()
            .filter(|guard| !guard.when.truth(&ctx).unwrap());
        broken.map(|guard| guard.otherwise.en.as_str()).collect()
    }
}

const TWO: &[&str] = &["C1", "C2"];

fn fine(party: &'static str, yuan: i64) -> Vec<&'static str> {
    let penalty = Penalty {
        handlers: TWO,
        party,
        yuan,
        more: &[],
    };
    penalty.refused()
}

#[test]
fn t6_a_citizen_of_150_and_an_organisation_of_3000_may_be_fined_on_the_spot() {
    assert!(fine("citizen", 150).is_empty());
    assert!(fine("citizen", 200).is_empty());
    assert!(fine("organisation", 3_000).is_empty());
}

#[test]
fn t6_a_fine_above_the_cap_is_sent_to_the_ordinary_procedure() {
    for (party, yuan) in [("organisation", 3_001), ("citizen", 201), ("unknown", 201)] {
        let told = fine(party, yuan);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].contains("ordinary procedure"));
    }
}

#[test]
fn a_decision_on_the_spot_needs_a_number_of_a_pre_numbered_form() {
    let penalty = Penalty {
        handlers: TWO,
        party: "citizen",
        yuan: 50,
        more: &[("form_no", Datum::Empty)],
    };
    let told = penalty.refused();
    assert!(
        told.len() == 1 && told[0].contains("ask for a block"),
        "{told:?}"
    );
}

#[test]
fn t6_one_officer_is_told_to_ask_for_reinforcement() {
    let alone = |handlers| Penalty {
        handlers,
        party: "citizen",
        yuan: 150,
        more: &[],
    };
    for handlers in [&["C1"][..], &["C1", "C1"], &["C1", "X9"]] {
        let told = alone(handlers).refused();
        assert!(
            told.len() == 1 && told[0].contains("reinforcement"),
            "{told:?}"
        );
    }
}

#[test]
fn t6_cash_above_100_is_taken_only_where_it_would_be_hard_to_enforce_later() {
    let cash = |yuan, reason: &str| {
        let more = [
            ("cash_on_spot", Datum::Boolean(true)),
            ("cash_reason", Datum::Text(reason.to_owned())),
        ];
        let penalty = Penalty {
            handlers: TWO,
            party: "citizen",
            yuan,
            more: &more,
        };
        penalty.refused()
    };
    assert!(cash(100, "within_100").is_empty());
    assert!(cash(150, "within_100")[0].contains("100 yuan"));
    assert!(cash(150, "hard_to_enforce").is_empty());
}

#[test]
fn the_cap_of_an_individual_business_is_the_officers_choice_and_the_lower_without_one() {
    let shop = |more: &[(&str, Datum)]| {
        let penalty = Penalty {
            handlers: TWO,
            party: "individual_business",
            yuan: 500,
            more,
        };
        penalty.refused().len()
    };
    assert_eq!(shop(&[]), 1);
    assert_eq!(shop(&[("fine_cap", Datum::Text("organisation".into()))]), 0);
}

#[test]
fn nothing_else_than_warning_and_fine_is_decided_on_the_spot() {
    let goods = BTreeMap::from([("kind".to_owned(), Datum::Text("confiscate_goods".into()))]);
    let penalty = Penalty {
        handlers: TWO,
        party: "citizen",
        yuan: 0,
        more: &[("penalties", Datum::Rows(vec![goods]))],
    };
    assert!(penalty.refused()[0].contains("only a warning or a fine"));
}
