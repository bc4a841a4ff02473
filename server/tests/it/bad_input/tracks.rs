//! Ways that nobody can have walked.

use serde_json::Value;
use sync_core::record::change::Scalar;
use sync_core::record::track::{MAX_POINTS, Point, pack};
use sync_core::record::write::Edit;
use wardbook::export::{self, RecordFormat};
use wardbook::read_tx;

use super::Scene;
use crate::on_both_engines;

fn point(seconds: i64, latitude: f64, longitude: f64) -> Point {
    Point {
        seconds,
        latitude: (latitude * 1e6) as i64,
        longitude: (longitude * 1e6) as i64,
        accuracy: 5,
    }
}

fn chunk(bytes: Vec<u8>) -> Edit {
    Edit::Add {
        field: "track".to_owned(),
        value: Scalar::Bytes(bytes),
    }
}

on_both_engines! {
    async fn odd_tracks_are_drawn_measured_and_mapped_or_held(store) {
        let mut scene = Scene::new(store).await;
        let mut phone = scene.phone("stationed_officer").await;
        let walks: Vec<(&str, Vec<Point>, Option<&str>)> = vec![
            ("no points", vec![], None),
            ("one point", vec![point(0, 30.65, 104.06)], Some("Point")),
            ("the same point", vec![point(0, 30.65, 104.06); 3], Some("LineString")),
            ("across the world", vec![point(0, 30.65, 104.06), point(1, -33.4, -70.6)], Some("LineString")),
            ("over the date line", vec![point(0, 0.0, 179.999), point(60, 0.0, -179.999)], Some("LineString")),
            ("backwards", vec![point(900, 30.65, 104.06), point(0, 30.66, 104.06)], Some("MultiLineString")),
            ("at a pole", vec![point(0, 90.0, 0.0), point(1, 90.0, 180.0)], Some("LineString")),
            ("three years", vec![point(0, 1.0, 1.0), point(100_000_000, 1.0, 1.0)], Some("MultiLineString")),
        ];
        let mut records = Vec::new();
        for (name, points, shape) in &walks {
            let (record, act) = phone.make("patrol", Some(name), &[chunk(pack(points).unwrap())]);
            scene.admitted(&mut phone, &[act]);
            let page = scene.page(&format!("/s/S00/records/{record}"));
            assert!(!page.contains("NaN") && !page.contains("inf"), "{name}");
            records.push((record, *name, *shape));
        }
        let over = scene.page(&format!("/s/S00/records/{}", records[4].0));
        assert!(over.contains("220 米"), "the date line is no way round the world: {over}");

        let mut out = Vec::new();
        let into = &mut out;
        let station = &scene.station;
        let format = RecordFormat::GeoJson;
        read_tx!(scene.store.db, "test", async |tx| export::records(tx, station, format, false, &mut *into).await)
            .await
            .unwrap();
        let map: Value = serde_json::from_slice(&out).unwrap();
        for (_, name, shape) in &records {
            let features = map["features"].as_array().unwrap().iter();
            let mut own = features.filter(|feature| feature["properties"]["id"] == **name);
            let drawn = own.find_map(|feature| feature["geometry"]["type"].as_str());
            assert_eq!(drawn, *shape, "{name}");
        }

        // What is no track at all is held with its reason.
        for bytes in [vec![], vec![9], vec![1, 0x80], vec![1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0, 0, 0]] {
            let (_, act) = phone.make("patrol", None, &[chunk(bytes)]);
            let envelope = phone.close(&[act]);
            phone.sync(scene.server.sync, std::slice::from_ref(&envelope));
            assert_eq!(phone.outcome(&envelope).held.len(), 1);
        }
        scene.page("/s/S00/held");
        scene.end().await;
    }
}

#[test]
fn a_hundred_thousand_points_make_one_page_that_a_phone_can_load() {
    crate::store::block_on(async {
        let mut scene = Scene::new(crate::store::TestStore::sqlite().await).await;
        let mut phone = scene.phone("stationed_officer").await;
        let walked = |n: i64| {
            point(
                n * 3,
                30.0 + (n % 977) as f64 * 1e-5,
                104.0 + n as f64 * 1e-6,
            )
        };
        let points: Vec<Point> = (0..100_000).map(walked).collect();
        let chunks: Vec<Edit> = points
            .chunks(2_000)
            .map(|part| chunk(pack(part).unwrap()))
            .collect();
        let (record, act) = phone.make("patrol", None, &chunks[..2]);
        let mut changes = vec![act.parts[0].change.clone()];
        scene.admitted(&mut phone, &[act]);
        for part in chunks[2..].chunks(3) {
            let act = phone.edit(record, &changes, part);
            changes.push(act.parts[0].change.clone());
            scene.admitted(&mut phone, &[act]);
        }
        let page = scene.page(&format!("/s/S00/records/{record}"));
        assert!(page.contains("100000"), "all points are counted");
        assert!(page.len() < 400_000, "{} bytes", page.len());
        assert!(points.len() > MAX_POINTS);
        scene.end().await;
    });
}
