//! `/`: the stations of this store.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::frame::{self, Frame};
use super::ink::Ink;
use super::reader::Reader;
use super::words::Words;
use crate::error::Result;
use crate::http::App;
use crate::station::Station;

#[derive(Debug, Template)]
#[template(path = "home.html")]
pub struct Home {
    pub frame: Frame,
    pub w: &'static Words,
    pub stations: Vec<Item>,
}

#[derive(Debug)]
pub struct Item {
    pub name: Ink,
    pub code: String,
    pub href: String,
    pub line: Ink,
}

pub async fn home(State(app): State<Arc<App>>, reader: Reader) -> Result<Response> {
    let stations = Station::list(&app.db).await?;
    frame::page(&reader, &draw(&reader, &stations))
}

pub fn draw(reader: &Reader, stations: &[Station]) -> Home {
    let w = reader.words();
    let item = |station: &Station| Item {
        name: Ink::written(&station.name),
        code: station.id.to_string(),
        href: reader.to(&format!("/s/{}", station.id)),
        line: Ink::label(&w.open_books),
    };
    let mut frame = Frame::new(reader, w.stations_title.clone(), Vec::new());
    // Where there is one station, its records can be searched from here.
    if let [only] = stations {
        frame.search = Some(format!("/s/{}/records", only.id));
        frame.lang = reader.param("lang").map(str::to_owned);
    }
    Home {
        frame,
        w,
        stations: stations.iter().map(item).collect(),
    }
}
