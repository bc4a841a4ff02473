//! An act that skips the checks of an honest phone is admitted, and marked wherever it is read.

use sync_core::ids::RecordId;
use sync_core::record::change::Scalar;
use sync_core::record::write::{Edit, Spot};
use wardbook::http::Limits;

use crate::http::{Server, get};
use crate::on_both_engines;
use crate::phone::Phone;
use crate::store::{NOW, TestStore};

fn set(field: &str, value: Scalar) -> Edit {
    Edit::Set {
        spot: Spot::Field(field.to_owned()),
        value,
    }
}

fn text(text: &str) -> Scalar {
    Scalar::Str(text.to_owned())
}

fn step(to: &str) -> Edit {
    Edit::Step {
        to: to.to_owned(),
        note: None,
    }
}

/// One officer without a certificate fines a citizen 150 yuan on the spot, without a party, and
/// archives the case at once.
async fn admitted(store: &TestStore, server: &Server) -> RecordId {
    let station = store.station("S00").await;
    let code = store.code(&station, "O0001", "stationed_officer").await;
    let mut phone = Phone::new(1);
    phone.join(server.sync, &code);
    let fine = Edit::AddRow {
        field: "penalties".to_owned(),
        cells: vec![
            ("kind".to_owned(), text("fine")),
            ("amount".to_owned(), Scalar::Int(15_000)),
        ],
    };
    let member = Edit::Add {
        field: "handlers".to_owned(),
        value: text("O0001"),
    };
    let edits = [
        set("source", text("patrol")),
        set("cause", text("占道经营")),
        set("offence_at", Scalar::Int(NOW)),
        set("place", text("东街")),
        set("party_kind", text("citizen")),
        fine,
        member,
        step("on_spot_checked"),
    ];
    let (record, made) = phone.make("case", None, &edits);
    let change = made.parts[0].change.clone();
    let steps = [step("on_spot_decided"), step("archived")];
    let decided = phone.edit(record, &[change], &steps);
    let envelope = phone.close(&[made, decided]);
    let request = phone.request(&[envelope]);
    let answer = phone.ask(server.sync, request).fine();
    assert!(answer.receipt.is_some());
    record
}

on_both_engines! {
    async fn a_penalty_against_the_law_is_admitted_and_marked_with_the_rule_on_every_page(store) {
        let server = Server::start(&store, Limits::default()).await;
        let record = admitted(&store, &server).await;
        let page = |path: &str| {
            get(server.sync, path, "Accept: text/html\r\nAccept-Language: en\r\n")
        };
        let rule = "at least two officers with a certificate";
        for path in [format!("/s/S00/records/{record}"), "/s/S00/books/R3?margin=1".to_owned()] {
            let page = page(&path);
            assert!(page.contains("against the rules"), "{path}: {page}");
            assert!(page.contains(rule), "{path}: {page}");
            assert!(page.contains("it does not follow"), "{path}: {page}");
            assert!(page.contains("incomplete"), "{path}: {page}");
            assert!(page.contains("Still to be filled in"), "{path}: {page}");
        }
        let file = page("/s/S00/books/R3.csv");
        assert!(file.contains("against the rules"), "{file}");
        let metrics = page("/s/S00/metrics?from=2026-01-01&to=2026-12-31");
        assert!(metrics.contains("2 steps against the rules"), "{metrics}");
        server.stop().await;
    }
}
