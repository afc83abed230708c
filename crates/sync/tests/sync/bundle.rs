//! Bundles: whatever becomes of the file, what is taken from it is what was written, and reading it again does no harm.

use dutybook_sync::{BundleCount, BundleError, BundleHead, BundleReader, Held, write_bundle};
use proptest::prelude::*;

use crate::replica::{Memory, duty, personnel, site, standing};

fn filled() -> Memory {
    let mut replica = Memory::new(0, 2);
    for round in 0..12 {
        replica.commit(duty(11), 1 + round % 3, 40);
        replica.commit(standing(), 1, 40);
        replica.commit(personnel(10), 2, 40);
    }
    replica
}

fn written(from: &mut Memory, there: &[Held]) -> (Vec<u8>, BundleCount) {
    let head = BundleHead {
        site: site(),
        device: from.key(),
        label: "一号平板".into(),
        written_ms: 1_762_000_000_000,
        held: from.frontiers().clone().into_iter().collect(),
    };
    let mut file = Vec::new();
    let count = write_bundle::<BundleError>(&mut file, &head, there, |asked| Ok(from.read(asked))).unwrap();
    (file, count)
}

/// Takes everything that can be taken from a file, and says why it ended.
fn taken(into: &mut Memory, file: &[u8]) -> Result<BundleCount, BundleError> {
    let mut bundle = BundleReader::open(file)?;
    while let Some(batch) = bundle.next_batch()? {
        into.ingest(&batch);
    }
    Ok(bundle.count())
}

#[test]
fn a_bundle_carries_the_whole_log_and_can_be_read_twice() {
    let mut from = filled();
    // One action whose entries together are larger than what is read of a log at once.
    from.commit(duty(12), 40, 16 * 1024);
    let (file, count) = written(&mut from, &[]);
    assert_eq!(count.entries, from.arrival());
    let mut into = Memory::new(1, 2);
    assert_eq!(taken(&mut into, &file).unwrap(), count);
    assert_eq!(into.frontiers(), from.frontiers());
    into.assert_sound();
    let entries = into.arrival();
    taken(&mut into, &file).unwrap();
    assert_eq!(into.arrival(), entries);
    let head = BundleReader::open(file.as_slice()).unwrap().head().clone();
    assert_eq!((head.label.as_str(), head.site, head.held.len()), ("一号平板", site(), 4));
}

#[test]
fn a_bundle_for_somebody_holds_only_what_they_lack() {
    let mut from = filled();
    let mut into = Memory::new(1, 2);
    let (first, _) = written(&mut from, &[]);
    taken(&mut into, &first).unwrap();
    let there: Vec<Held> = into.frontiers().clone().into_iter().collect();
    from.commit(duty(11), 3, 40);
    let (second, count) = written(&mut from, &there);
    assert_eq!((count.entries, count.frames), (3, 1));
    taken(&mut into, &second).unwrap();
    assert_eq!(into.frontiers(), from.frontiers());
    assert_eq!(into.duplicates, 0);
}

#[test]
fn other_files_are_told_apart() {
    let mut into = Memory::new(1, 2);
    for (file, what) in [
        (&b""[..], "this is not a Dutybook bundle"),
        (b"PK\x03\x04 some workbook", "this is not a Dutybook bundle"),
        (b"dutybook bundle 2\nwhatever", "this bundle is of a later version; update this program"),
    ] {
        assert_eq!(taken(&mut into, file).unwrap_err().to_string(), what);
    }
    assert_eq!(into.arrival(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Cut anywhere: what stands before the cut is taken, the rest is said to be missing, and the whole file completes it.
    #[test]
    fn a_file_cut_off_anywhere_gives_what_stands_before_the_cut(cut in any::<prop::sample::Index>()) {
        let mut from = filled();
        let (file, count) = written(&mut from, &[]);
        let cut = cut.index(file.len());
        let mut into = Memory::new(1, 2);
        match taken(&mut into, &file[..cut]) {
            Err(BundleError::CutOff(read)) => prop_assert_eq!(read.entries, into.arrival()),
            Err(BundleError::NotABundle) => prop_assert!(cut < 18),
            other => prop_assert!(false, "{:?}", other),
        }
        into.assert_sound();
        prop_assert_eq!(taken(&mut into, &file).unwrap(), count);
        prop_assert_eq!(into.frontiers(), from.frontiers());
    }

    /// One byte changed anywhere is found, and nothing that was not written is taken.
    #[test]
    fn a_changed_byte_is_found(at in any::<prop::sample::Index>(), change in 1u8..) {
        let mut from = filled();
        let (mut file, _) = written(&mut from, &[]);
        let at = at.index(file.len());
        file[at] ^= change;
        let mut into = Memory::new(1, 2);
        let error = taken(&mut into, &file).unwrap_err();
        prop_assert!(!matches!(error, BundleError::Io(_) | BundleError::TooLarge), "{}", error);
        into.assert_sound();
        for (volume, frontier) in into.frontiers() {
            for (writer, position) in frontier.iter() {
                let there = from.frontiers()[volume].get(writer).unwrap();
                prop_assert!(position.seq <= there.seq);
            }
        }
    }

    /// Whatever bytes somebody names a bundle.
    #[test]
    fn no_bytes_make_it_stumble(tail in prop::collection::vec(any::<u8>(), 0..600)) {
        let mut into = Memory::new(1, 2);
        let file = [b"dutybook bundle 1\n".as_slice(), &tail].concat();
        prop_assert!(taken(&mut into, &file).is_err());
        prop_assert_eq!(into.arrival(), 0);
    }
}
