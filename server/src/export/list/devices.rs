//! The station's phones.

use super::Ask;
use super::table::{Column, Value, columns};
use crate::pages::devices::{in_order, state};

pub const COLUMNS: &[Column] = columns! {
    owner: pages.officer,
    owner_code: export.person_code,
    device: pages.device,
    state: pages.device_state,
    joined: pages.joined,
    last_contact: pages.last_contact,
    envelopes: pages.envelopes,
    waiting: pages.waiting_items,
    key: export.device_key,
};

pub fn rows(ask: &Ask<'_>) -> Vec<Vec<Value>> {
    let devices = in_order(ask.reader, ask.shown).into_iter();
    let row = devices.map(|device| {
        let (owner, code) = ask.plain.owner(device.id);
        vec![
            owner,
            code,
            device.id.short().into(),
            state(device, ask.plain.labels.pages).into(),
            Value::Moment(device.first_seen),
            device.last_seen.map_or(Value::Nothing, Value::Moment),
            device.last_seq.into(),
            device.waiting.into(),
            device.id.to_string().into(),
        ]
    });
    row.collect()
}
