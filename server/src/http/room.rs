//! How much of all bodies may be in memory at once, and how much of it one client may take.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Room is counted in these: a semaphore's count is no larger than 32 bits.
const UNIT: usize = 1024;

/// A client from which one address may take at most this part of the room.
const SHARES: usize = 4;

#[derive(Debug)]
pub struct Room {
    all: Arc<Semaphore>,
    share: usize,
    clients: Mutex<HashMap<IpAddr, Weak<Semaphore>>>,
}

/// Room for one body, as long as it is held.
#[derive(Debug)]
pub struct Place {
    _all: OwnedSemaphorePermit,
    _share: OwnedSemaphorePermit,
}

impl Room {
    /// `bytes` in all; `body` of them always fit into one client's share.
    pub fn new(bytes: usize, body: usize) -> Room {
        let share = units(bytes / SHARES).max(units(body));
        Room {
            all: Arc::new(Semaphore::new(units(bytes).max(share))),
            share,
            clients: Mutex::default(),
        }
    }

    /// Waits until there is room for so many bytes of that client. They are taken at once and not
    /// as they come: bodies of which each waits for the others' room would wait for ever.
    pub async fn take(&self, client: IpAddr, bytes: usize) -> Option<Place> {
        let count = u32::try_from(units(bytes)).ok()?;
        let share = self.share_of(client);
        // A client's own share first, so that what waits for it keeps nothing from others.
        let share = share.acquire_many_owned(count).await.ok()?;
        let all = self.all.clone().acquire_many_owned(count).await.ok()?;
        Some(Place {
            _all: all,
            _share: share,
        })
    }

    fn share_of(&self, client: IpAddr) -> Arc<Semaphore> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let client = network(client);
        if let Some(share) = clients.get(&client).and_then(Weak::upgrade) {
            return share;
        }
        // A share lives as long as somebody holds a part of it or waits for one.
        clients.retain(|_, share| share.strong_count() > 0);
        let share = Arc::new(Semaphore::new(self.share));
        clients.insert(client, Arc::downgrade(&share));
        share
    }
}

fn units(bytes: usize) -> usize {
    bytes.div_ceil(UNIT)
}

/// Who has one address of IPv6 has all of its network.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const BODY: usize = 64 * UNIT;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    async fn finds_room(room: &Room, client: &str, bytes: usize) -> bool {
        let wait = Duration::from_millis(20);
        tokio::time::timeout(wait, room.take(address(client), bytes))
            .await
            .is_ok()
    }

    #[tokio::test]
    async fn one_client_leaves_room_to_others_and_all_together_take_no_more_than_there_is() {
        let room = Room::new(8 * BODY, BODY);
        let mut held = Vec::new();
        for client in ["10.0.0.1", "10.0.0.2", "2001:db8::1", "2001:db8:0:1::1"] {
            for _ in 0..2 {
                held.push(room.take(address(client), BODY).await.unwrap());
            }
            assert!(
                !finds_room(&room, client, 1).await,
                "{client} has its share"
            );
        }
        assert!(
            !finds_room(&room, "2001:db8::2", 1).await,
            "the same network"
        );
        assert!(!finds_room(&room, "10.0.0.3", 1).await, "all is taken");
        held.truncate(6);
        assert!(finds_room(&room, "10.0.0.3", BODY).await);
    }

    #[tokio::test]
    async fn a_room_that_is_smaller_than_a_body_takes_one_after_the_other() {
        let room = Room::new(1, BODY);
        let held = room.take(address("10.0.0.1"), BODY).await;
        assert!(!finds_room(&room, "10.0.0.2", BODY).await);
        drop(held);
        assert!(finds_room(&room, "10.0.0.2", BODY).await);
        assert_eq!(room.clients.lock().unwrap().len(), 1);
    }
}
