//! Transactions: whole or absent, in turn, begun again when another got in the way.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use sync_core::ids::Hash;
use wardbook::error::Error;
use wardbook::station::Station;
use wardbook::{args, read_tx, sql, write_tx};

use crate::on_both_engines;
use crate::store::BUNDLE;

on_both_engines! {
    async fn an_error_rolls_everything_back(store) {
        let station = store.station("S00").await;
        let outcome = write_tx!(store.db, "test", async |tx| {
                Station::rename(tx, &station, "改名").await?;
                Err::<(), _>(Error::NoSuchRoute)
            })
            .await;
        assert!(matches!(outcome, Err(Error::NoSuchRoute)));
        assert_eq!(Station::get(&store.db, &station).await.unwrap().name, "测试站");
    }

    async fn an_error_that_is_passed_over_is_no_commit(store) {
        let station = store.station("S00").await;
        let outcome = write_tx!(store.db, "test", async |tx| {
            Station::rename(tx, &station, "改名").await?;
            let (device, root) = (store.data.key(&station)?.device(), Vec::new());
            // A second row under one key: fails, and nobody looks.
            let twice = args![
                &station, "x", 0, 0, 0, &root, &root, 0, &device, 0, &Hash::ZERO, 0, 0
            ];
            let _ = tx.exec(sql!("station_insert"), twice).await;
            Ok(())
        })
        .await;
        assert!(matches!(outcome, Err(Error::FailurePassedOver { .. })), "{outcome:?}");
        assert_eq!(Station::get(&store.db, &station).await.unwrap().name, "测试站");
    }

    async fn work_that_is_abandoned_leaves_no_trace_and_no_lock(store) {
        let station = store.station("S00").await;
        let (reached, told) = tokio::sync::oneshot::channel();
        let mut reached = Some(reached);
        let (db, id) = (store.db.clone(), station.clone());
        let abandoned = tokio::spawn(async move {
            write_tx!(db, "test", async |tx| {
                Station::rename(tx, &id, "改名").await?;
                if let Some(reached) = reached.take() {
                    let _ = reached.send(());
                }
                std::future::pending::<wardbook::error::Result<()>>().await
            })
            .await
        });
        told.await.unwrap();
        abandoned.abort();
        let _ = abandoned.await;
        let found = write_tx!(store.db, "test", async |tx| Station::lock(tx, &station).await).await;
        let name = found.unwrap().name;
        assert_eq!(name, "测试站");
    }

    async fn values_come_back_as_they_were_given(store) {
        let station = store.station("S00").await;
        // Bytes that read as a number, and empty ones, stay bytes on both engines.
        for value in [&b""[..], b"42", b"\x00\xff", b"-1e9"] {
            let row = write_tx!(store.db, "test", async |tx| {
                    let hash = Hash::of(value);
                    tx.exec(sql!("catalogue_insert"), args![&station, &hash, value]).await?;
                    tx.fetch_opt(BUNDLE, args![&station, &hash]).await
                })
                .await
                .unwrap()
                .unwrap();
            assert_eq!(row.get::<Vec<u8>>("bundle").unwrap(), value);
            assert!(matches!(row.bytes::<32>("bundle"), Err(Error::StoredValue { .. })));
            assert!(matches!(row.get::<i64>("bundle"), Err(Error::Database { .. })));
        }
    }

    async fn missing_values_and_truth_values_are_kept(store) {
        let station = store.station("S00").await;
        let (device, key) = ([9; 16], [1, 2, 3]);
        let row = write_tx!(store.db, "test", async |tx| {
                tx.exec(
                    sql!("device_insert"),
                    args![
                        &station, &device, "O0000", &key, &key, 0, &Hash::ZERO, 1, 2, None::<i64>,
                        true, 0, 0
                    ],
                )
                .await?;
                tx.exec(sql!("device_freeze"), args![&station, &device, false]).await?;
                tx.fetch_opt(sql!("device_get"), args![&station, &device]).await
            })
            .await
            .unwrap()
            .unwrap();
        assert!(!row.get::<bool>("frozen").unwrap());
        assert_eq!(row.get::<Option<i64>>("clock_offset_ms").unwrap(), None);
        assert_eq!(row.bytes::<32>("last_hash").unwrap(), Hash::ZERO.0);
        assert_eq!(row.bytes_opt::<32>("last_hash").unwrap(), Some(Hash::ZERO.0));
    }

    async fn what_reads_and_then_writes_takes_turns(store) {
        let station = store.station("S00").await;
        let (db, station) = (store.db.clone(), Arc::new(station));
        let before = Station::get(&db, &station).await.unwrap().arrivals;
        let workers: Vec<_> = (0..8)
            .map(|_| {
                let (db, station) = (db.clone(), station.clone());
                tokio::spawn(async move {
                    for _ in 0..10 {
                        write_tx!(db, "test", async |tx| {
                            let locked = Station::lock(tx, &station).await?;
                            let next = locked.arrivals + 1;
                            let row =
                                tx.fetch_opt(sql!("station_arrive"), args![&*station, 1]).await?;
                            assert_eq!(row.unwrap().count("arrivals")?, next);
                            Ok(())
                        })
                        .await
                        .unwrap();
                    }
                })
            })
            .collect();
        for worker in workers {
            worker.await.unwrap();
        }
        assert_eq!(Station::get(&db, &station).await.unwrap().arrivals, before + 80);
    }

    async fn two_transactions_that_lock_each_other_out_both_end(store) {
        let (one, other) = (store.station("S01").await, store.station("S02").await);
        let runs = Arc::new(AtomicU32::new(0));
        let meet = Arc::new(tokio::sync::Barrier::new(2));
        let sqlite = store.db.engine() == "sqlite";
        let crossing = |first: sync_core::ids::StationId, second: sync_core::ids::StationId| {
            let (db, runs, meet) = (store.db.clone(), runs.clone(), meet.clone());
            tokio::spawn(async move {
                write_tx!(db, "test", async |tx| {
                    runs.fetch_add(1, Ordering::SeqCst);
                    Station::lock(tx, &first).await?;
                    // On PostgreSQL both hold one row before either asks for the second; on
                    // SQLite the second transaction waits before it begins.
                    if !sqlite && runs.load(Ordering::SeqCst) <= 2 {
                        meet.wait().await;
                    }
                    Station::lock(tx, &second).await?;
                    Ok(())
                })
                .await
            })
        };
        let (a, b) = (crossing(one.clone(), other.clone()), crossing(other, one));
        a.await.unwrap().unwrap();
        b.await.unwrap().unwrap();
        assert_eq!(runs.load(Ordering::SeqCst), if sqlite { 2 } else { 3 });
    }

    async fn a_read_sees_one_state(store) {
        let station = store.station("S00").await;
        let (before, after) = read_tx!(store.db, "test", async |tx| {
                let before = tx.fetch_all(sql!("station_list"), args![]).await?.len();
                write_tx!(store.db, "test", async |tx| {
                        let key = store.data.key(&station)?;
                        let id = sync_core::ids::StationId::new("S01")?;
                        Station::create(tx, &id, "二", &key, &store.clock).await
                    })
                    .await?;
                Ok((before, tx.fetch_all(sql!("station_list"), args![]).await?.len()))
            })
            .await
            .unwrap();
        assert_eq!((before, after), (1, 1));
    }
}
