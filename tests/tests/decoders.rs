//! The short form of `cargo xtask fuzz`, on stable: every decoder over the committed corpus (fuzz/corpus), each input
//! as it is and in a bounded number of mutations that are the same in every run.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(clippy::expect_used, reason = "the checks are shared with the fuzz targets")]

use std::fs;
use std::path::Path;

#[allow(unreachable_pub, reason = "the fuzz targets are another crate")]
#[path = "../../fuzz/src/decoders.rs"]
mod decoders;
#[allow(unreachable_pub, reason = "the fuzz targets are another crate")]
#[path = "../../fuzz/src/site_file.rs"]
mod site_file;

/// Mutations of each decoder's corpus, together; the more inputs it has, the fewer of each.
const MUTATIONS: usize = 10_000;
/// The same where each takes a handshake with signatures, or the reading of a whole site.
const SLOW_MUTATIONS: usize = 2_500;

/// Numbers that look drawn and are not (xorshift64*).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, end: usize) -> usize {
        if end == 0 { 0 } else { (self.next() % end as u64) as usize }
    }
}

/// Bytes that lengths, counts and signs turn on.
const TELLING: [u8; 12] = [0x00, 0x01, 0x17, 0x18, 0x1b, 0x40, 0x7f, 0x80, 0x9f, 0xbb, 0xf6, 0xff];

/// A few changes of the kinds that break decoders: bits, telling bytes, pieces left out, doubled, cut off, or taken from
/// another input.
fn mutated(input: &[u8], other: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..=numbers.below(4) {
        let at = numbers.below(bytes.len());
        let end = at + numbers.below((bytes.len() - at).min(40) + 1);
        match numbers.below(8) {
            0 if !bytes.is_empty() => bytes[at] ^= 1 << numbers.below(8),
            1 if !bytes.is_empty() => bytes[at] = TELLING[numbers.below(TELLING.len())],
            2 => drop(bytes.drain(at..end)),
            3 => {
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            4 => bytes.truncate(at),
            5 => {
                let from = numbers.below(other.len());
                let to = from + numbers.below((other.len() - from).min(80) + 1);
                bytes.splice(at..end, other[from..to].iter().copied());
            }
            6 => bytes.insert(at, TELLING[numbers.below(TELLING.len())]),
            _ if !bytes.is_empty() => bytes[at] = bytes[at].wrapping_add(1),
            _ => {}
        }
    }
    bytes
}

/// The committed inputs of a decoder, in the order of their names.
fn corpus(name: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(name);
    let mut inputs: Vec<(String, Vec<u8>)> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|file| file.unwrap())
        .map(|file| (file.file_name().into_string().unwrap(), fs::read(file.path()).unwrap()))
        .collect();
    inputs.sort();
    inputs
}

fn all() -> Vec<(&'static str, decoders::Decoder)> {
    decoders::ALL.into_iter().chain([("site_file", site_file::site_file as decoders::Decoder)]).collect()
}

fn over_its_corpus(name: &str) {
    let (_, decoder) = all().into_iter().find(|(of, _)| *of == name).unwrap();
    let inputs = corpus(name);
    assert!(!inputs.is_empty(), "{name} has no corpus");
    let mutations = if matches!(name, "frame" | "site_file") { SLOW_MUTATIONS } else { MUTATIONS };
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    for (input, bytes) in &inputs {
        decoder(bytes);
        for number in 0..mutations / inputs.len() {
            let (_, other) = &inputs[numbers.below(inputs.len())];
            let mutation = mutated(bytes, other, &mut numbers);
            let outcome = std::panic::catch_unwind(|| decoder(&mutation));
            assert!(outcome.is_ok(), "{name}: mutation {number} of {input} breaks it; its bytes:\n{mutation:02x?}");
        }
    }
}

macro_rules! decoders {
    ($($name:ident)*) => {
        $(#[test] fn $name() { over_its_corpus(stringify!($name)); })*

        #[test]
        fn every_decoder_is_run_here_and_has_a_fuzz_target() {
            let here = [$(stringify!($name)),*];
            let known: Vec<&str> = all().into_iter().map(|(name, _)| name).collect();
            assert_eq!(known, here);
            let targets = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/fuzz_targets")).unwrap();
            assert_eq!(targets.count(), known.len());
        }
    };
}

decoders!(entry head frontier change first_frame frame bundle bundle_frames enrolment site_file);
