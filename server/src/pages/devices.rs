//! `/s/{station}/devices`: the station's phones, whose they are, and how far each has come.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use super::export::Files;
use super::filter::{self, Filter};
use super::frame::{self, Crumb, Frame, Place};
use super::ink::Ink;
use super::reader::Reader;
use super::sheet::{CoverageView, Moment, Setter};
use super::station::{Device, DeviceName, Shown, crumb};
use super::words::Words;
use crate::error::Result;
use crate::export::List;
use crate::http::App;
use crate::read_tx;

#[derive(Debug, Template)]
#[template(path = "devices.html")]
pub struct DevicesPage {
    pub frame: Frame,
    pub w: &'static Words,
    pub coverage: Option<CoverageView>,
    pub devices: Vec<Item>,
    pub files: Files,
    pub filter: Filter,
    pub forks: String,
}

#[derive(Debug)]
pub struct Item {
    pub name: DeviceName,
    pub joined: Moment,
    pub last: Option<Moment>,
    /// How long ago that was.
    pub ago: String,
    pub waiting: u64,
    pub envelopes: u64,
    pub state: &'static str,
    pub is_lost: bool,
}

pub async fn devices(
    State(app): State<Arc<App>>,
    Path(station): Path<String>,
    reader: Reader,
) -> Result<Response> {
    let station = read_tx!(app.db, "devices", async |tx| Shown::with(
        tx, &app.known, &station
    )
    .await)
    .await?;
    frame::page(&reader, &draw(&reader, &station, app.clock.now_ms()))
}

pub fn draw(reader: &Reader, station: &Shown, now: i64) -> DevicesPage {
    let w = reader.words();
    let setter = Setter { reader, station };
    let path = format!("{}/devices", station.path());
    let here = Crumb::new(Ink::label(&w.devices), reader.to(&path));
    DevicesPage {
        frame: Frame::of(
            reader,
            station,
            Place::Devices,
            w.devices.clone(),
            vec![crumb(reader, station), here],
        ),
        w,
        coverage: Some(setter.coverage(
            &station.coverage_now(now),
            &w.coverage_open,
            &w.coverage_silent,
        )),
        devices: in_order(reader, station)
            .into_iter()
            .map(|device| item(&setter, device, now))
            .collect(),
        files: Files::of(reader, station, List::Devices),
        filter: Filter::of(reader, station, path, false),
        forks: reader.to(&format!("{}/forks", station.path())),
    }
}

/// Those of the officer asked for; which have been silent longest stand first, which have left
/// last.
pub fn in_order<'a>(reader: &Reader, station: &'a Shown) -> Vec<&'a Device> {
    let asked = filter::officer(reader);
    let mut devices: Vec<&Device> = station
        .devices
        .iter()
        .filter(|device| asked.is_empty() || device.person.as_str() == asked)
        .collect();
    devices.sort_by_key(|device| (device.removed, device.last_seen, device.id));
    devices
}

pub fn state<'w>(device: &Device, w: &'w Words) -> &'w str {
    match (device.removed, device.frozen) {
        (true, _) => &w.removed_device,
        (false, true) => &w.frozen_device,
        (false, false) => &w.device_in_use,
    }
}

fn item(setter: &Setter<'_>, device: &Device, now: i64) -> Item {
    let (reader, station) = (setter.reader, setter.station);
    let w = reader.words();
    let span = |at: i64| station.times(reader).span(now.saturating_sub(at), w);
    Item {
        name: station.device(reader, device.id),
        joined: setter.moment(device.first_seen),
        last: device.last_seen.map(|at| setter.moment(at)),
        ago: device
            .last_seen
            .map_or_else(String::new, |at| w.ago.replace("{span}", &span(at))),
        waiting: device.waiting,
        envelopes: device.last_seq,
        state: state(device, w),
        is_lost: device.frozen && !device.removed,
    }
}
