use super::*;

const KEY: StoreKey = StoreKey([7; 32]);

fn open(dir: &Path) -> Result<Store, StoreError> {
    Store::open(dir, dir, &KEY)
}

#[test]
fn what_was_committed_is_there_after_opening_again_in_the_order_of_keys() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path()).unwrap();
    store
        .commit([
            ("b/2", Some(b"two".as_slice())),
            ("b/1", Some(b"one")),
            ("c", Some(b"")),
            ("a", Some(b"gone")),
        ])
        .unwrap();
    store.commit([("a", None)]).unwrap();
    drop(store);
    let store = open(dir.path()).unwrap();
    assert!(!store.is_copy());
    assert_eq!(store.get("a").unwrap(), None);
    assert_eq!(store.get("c").unwrap(), Some(Vec::new()));
    let found = store.scan("b/").unwrap();
    assert_eq!(
        found,
        [
            ("b/1".to_owned(), b"one".to_vec()),
            ("b/2".to_owned(), b"two".to_vec())
        ]
    );
}

#[test]
fn no_value_stands_on_the_disk_as_it_was_written() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path()).unwrap();
    let secret = "黄小明 13800000000".as_bytes();
    store.commit([("r/1", Some(secret))]).unwrap();
    drop(store);
    let bytes = std::fs::read(dir.path().join(FILE)).unwrap();
    assert!(!bytes.windows(secret.len()).any(|window| window == secret));
}

#[test]
fn a_value_moved_under_another_key_does_not_open() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path()).unwrap();
    store.commit([("a", Some(b"1".as_slice()))]).unwrap();
    store
        .db
        .execute("UPDATE kv SET key = 'b' WHERE key = 'a'", [])
        .unwrap();
    assert!(matches!(store.get("b"), Err(StoreError::Damaged { .. })));
}

#[test]
fn another_key_a_newer_version_and_a_foreign_file_are_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    open(dir.path()).unwrap();
    let other = Store::open(dir.path(), dir.path(), &StoreKey([8; 32]));
    assert!(matches!(other, Err(StoreError::WrongKey { .. })));
    let db = Connection::open(dir.path().join(FILE)).unwrap();
    db.pragma_update(None, "user_version", 2).unwrap();
    drop(db);
    let newer = open(dir.path()).unwrap_err();
    assert!(matches!(newer, StoreError::Newer { found: 2, .. }));
    let db = Connection::open(dir.path().join(FILE)).unwrap();
    db.pragma_update(None, "application_id", 1).unwrap();
    drop(db);
    assert!(matches!(
        open(dir.path()),
        Err(StoreError::NotAStore { .. })
    ));
    std::fs::write(dir.path().join(FILE), "no database, just some text").unwrap();
    assert!(matches!(
        open(dir.path()),
        Err(StoreError::NotAStore { .. })
    ));
}

#[test]
fn a_second_opening_is_refused_while_the_first_lasts() {
    let dir = tempfile::tempdir().unwrap();
    let first = open(dir.path()).unwrap();
    assert!(matches!(open(dir.path()), Err(StoreError::InUse { .. })));
    drop(first);
    open(dir.path()).unwrap();
}

#[test]
fn a_copy_without_its_incarnation_says_so_until_it_is_settled() {
    let (dir, copy) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    open(dir.path()).unwrap();
    std::fs::copy(dir.path().join(FILE), copy.path().join(FILE)).unwrap();
    let mut store = open(copy.path()).unwrap();
    assert!(store.is_copy());
    store.settle_here(copy.path()).unwrap();
    drop(store);
    assert!(!open(copy.path()).unwrap().is_copy());
}

#[test]
fn a_full_disk_refuses_the_whole_batch_and_keeps_what_was_there() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path()).unwrap();
    store.commit([("a", Some(b"1".as_slice()))]).unwrap();
    // SQLite's own ceiling gives the same code as a disk without room.
    let pages: i64 = store
        .db
        .pragma_query_value(None, "page_count", |row| row.get(0))
        .unwrap();
    store
        .db
        .pragma_update(None, "max_page_count", pages + 1)
        .unwrap();
    let large = vec![1; 100_000];
    let full = store
        .commit([("b", Some(b"2".as_slice())), ("c", Some(&large))])
        .unwrap_err();
    assert!(matches!(full, StoreError::Full { .. }), "{full:?}");
    assert_eq!(store.get("b").unwrap(), None);
    assert_eq!(store.get("a").unwrap(), Some(b"1".to_vec()));
    store.commit([("d", Some(b"3".as_slice()))]).unwrap();
}

#[cfg(unix)]
#[test]
fn the_folder_and_the_files_beside_are_the_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let inner = dir.path().join("phone");
    open(&inner).unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&inner), 0o700);
    assert_eq!(mode(&inner.join(INCARNATION)), 0o600);
}
