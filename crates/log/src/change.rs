//! Gate 1: what a foreign Automerge change must be before it is stored and acknowledged.
//!
//! [`inspect`] reads the raw chunk and decodes nothing. Automerge has no limits of its own: a
//! valid change of 98 bytes can expand to ten million operations, two megabytes of deflate to
//! six gigabytes. So everything that multiplies is counted here on the compact form.
//!
//! Invariants
//! - The work is linear in the bytes given, and what is allocated is the list of dependencies.
//! - What passes has exactly one chunk, uncompressed, of type 1, with its own SHA-256 checked and
//!   no byte left over; at most [`limits::OPS`] operations, with every column describing exactly
//!   that many rows, every actor index inside the actor table, and every operation id that is
//!   referred to below the end of this change.
//! - What passes may still be nonsense to Automerge. That is for gate 2, [`apply()`](crate::apply()).
//!
//! The format is Automerge's binary format 1 (<https://automerge.org/automerge-binary-format-spec>)
//! as automerge 0.12 writes it:
//!
//! ```text
//! magic 85 6f 4a 83 | checksum: 4 | type: 1 | length: uleb | body
//! body    = deps | actor | seq | start op | time | message | other actors | columns | data
//! columns = count, then (specification, length) in ascending order
//! specification = id << 4 | deflated << 3 | type
//! ```
//!
//! Hash = SHA-256 of everything behind the checksum; the checksum is its first four bytes.

use sha2::{Digest, Sha256};

use crate::ids::ChangeHash;

/// The bounds of everything that comes from elsewhere.
pub mod limits {
    /// Bytes of a message between two replicas.
    pub const FRAME: usize = 4 * 1024 * 1024;
    /// Bytes of a change chunk.
    pub const CHANGE: usize = 256 * 1024;
    /// Operations in a change.
    pub const OPS: u32 = 5_000;
    /// Operations that a change's operations may replace, all together.
    pub const PREDECESSORS: u32 = 2 * OPS;
    /// Changes that a change may depend on directly.
    pub const DEPS: usize = 1_000;
    /// Actors that a change may refer to.
    pub const ACTORS: usize = 1_000;
    /// Bytes of an actor id.
    pub const ACTOR_BYTES: usize = 64;
    /// Bytes of all keys and mark names when every row is written out.
    pub const NAMES: usize = 4 * 1024 * 1024;
    /// Bytes that an entry adds to its change, at most.
    pub const ENTRY_OVERHEAD: usize = 512;
    /// Bytes of an entry, also of one that carries another with its opening and signature, a few times over.
    pub const ENTRY: usize = CHANGE + 10 * ENTRY_OVERHEAD;
}

/// What gate 1 learns of a change on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeFacts {
    /// Its hash, computed from the bytes.
    pub hash: ChangeHash,
    /// The changes it builds on.
    pub deps: Vec<ChangeHash>,
    /// Operations in it.
    pub ops: u32,
    /// Number of the change among its actor's, from 1.
    pub seq: u64,
    /// Number of its first operation.
    pub start_op: u64,
}

/// Why a change is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeRefusal {
    /// More than [`limits::CHANGE`] bytes.
    #[error("the change has {len} bytes, more than the {} allowed", limits::CHANGE)]
    TooLarge {
        /// Bytes given.
        len: usize,
    },
    /// The magic bytes are missing.
    #[error("this is not an Automerge change")]
    NotAChange,
    /// A chunk that holds something else: a document (0), a compressed change (2), a bundle (3).
    #[error("chunk type {0} where only a plain change (1) is taken")]
    ChunkType(u8),
    /// The content is not what the checksum was made of.
    #[error("the checksum does not fit the content; the change was damaged")]
    Checksum,
    /// It ends too early.
    #[error("the change is cut off")]
    CutOff,
    /// Bytes behind the end.
    #[error("there are bytes behind the end of the change")]
    Trailing,
    /// A number that is too big or not written in the shortest way.
    #[error("a number in the change is not written as it should be")]
    Number,
    /// Too many dependencies, or one twice.
    #[error("the change's list of dependencies is not acceptable")]
    Deps,
    /// Too many actors, one twice or out of order, or an actor id of a wrong length.
    #[error("the change's list of actors is not acceptable")]
    Actors,
    /// Sequence or operation numbers out of range.
    #[error("the change's counters are out of range")]
    Counters,
    /// The message or a name is not text.
    #[error("a text in the change is not readable")]
    Text,
    /// A column that this program does not know, or one twice, out of order, empty, or alone.
    #[error("column {0:#x} of the change is not acceptable")]
    Column(u32),
    /// A column whose content is compressed.
    #[error("column {0:#x} of the change is compressed")]
    CompressedColumn(u32),
    /// More than [`limits::OPS`] operations.
    #[error("the change has more than {} operations", limits::OPS)]
    TooManyOps,
    /// A column describes fewer or more rows than there are operations.
    #[error("column {0:#x} of the change does not fit the number of operations")]
    Rows(u32),
    /// A column holds a value that cannot be: an unknown action, an actor that is not in the
    /// table, an operation that cannot exist yet.
    #[error("column {0:#x} of the change holds an impossible value")]
    Value(u32),
    /// Few bytes that would expand into very many.
    #[error("the change would expand beyond what is allowed")]
    Expansion,
}

impl ChangeRefusal {
    /// A word for translation and for acting on.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "change_too_large",
            Self::TooManyOps | Self::Expansion => "change_too_many_ops",
            Self::Checksum | Self::CutOff | Self::Trailing => "change_damaged",
            Self::ChunkType(_) | Self::CompressedColumn(_) => "change_compressed",
            Self::NotAChange
            | Self::Number
            | Self::Deps
            | Self::Actors
            | Self::Counters
            | Self::Text
            | Self::Column(_)
            | Self::Rows(_)
            | Self::Value(_) => "change_malformed",
        }
    }
}

const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
/// Magic and checksum; the hash is over everything behind them.
const HASHED_FROM: usize = 8;
const CHUNK_TYPE_CHANGE: u8 = 1;

/// Looks at a change chunk without decoding it.
///
/// # Errors
/// When it is not one plain change within [`limits`].
pub fn inspect(change: &[u8]) -> Result<ChangeFacts, ChangeRefusal> {
    if change.len() > limits::CHANGE {
        return Err(ChangeRefusal::TooLarge { len: change.len() });
    }
    let mut header = Reader(change);
    if header.take(4)? != MAGIC {
        return Err(ChangeRefusal::NotAChange);
    }
    let checksum = header.take(4)?;
    let chunk_type = header.byte()?;
    if chunk_type != CHUNK_TYPE_CHANGE {
        return Err(ChangeRefusal::ChunkType(chunk_type));
    }
    let len = header.size()?;
    if header.0.len() < len {
        return Err(ChangeRefusal::CutOff);
    }
    if header.0.len() > len {
        return Err(ChangeRefusal::Trailing);
    }
    let hash: [u8; 32] = Sha256::digest(&change[HASHED_FROM..]).into();
    if hash[..4] != *checksum {
        return Err(ChangeRefusal::Checksum);
    }
    read_body(header, ChangeHash(hash))
}

fn read_body(mut body: Reader<'_>, hash: ChangeHash) -> Result<ChangeFacts, ChangeRefusal> {
    let deps = read_deps(&mut body)?;
    let actor = read_actor(&mut body)?;
    let seq = body.unsigned()?;
    let start_op = body.unsigned()?;
    let _time = body.signed()?;
    let message_len = body.size()?;
    text(body.take(message_len)?)?;
    let actors = 1 + read_other_actors(&mut body, actor)?;
    let columns = Columns::read(&mut body)?;
    if !body.0.is_empty() {
        return Err(ChangeRefusal::Trailing);
    }
    if seq == 0 || start_op == 0 || seq > u64::from(u32::MAX) {
        return Err(ChangeRefusal::Counters);
    }
    let ops = columns.check(actors, start_op)?;
    Ok(ChangeFacts { hash, deps, ops, seq, start_op })
}

fn read_deps(body: &mut Reader<'_>) -> Result<Vec<ChangeHash>, ChangeRefusal> {
    let count = body.size()?;
    if count > limits::DEPS {
        return Err(ChangeRefusal::Deps);
    }
    let mut deps = Vec::with_capacity(count.min(body.0.len() / 32));
    for _ in 0..count {
        let hash = body.take(32)?;
        deps.push(ChangeHash::try_from(hash).map_err(|_| ChangeRefusal::Deps)?);
    }
    if count > 1 {
        let mut sorted = deps.clone();
        sorted.sort_unstable();
        if sorted.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(ChangeRefusal::Deps);
        }
    }
    Ok(deps)
}

fn read_actor<'a>(body: &mut Reader<'a>) -> Result<&'a [u8], ChangeRefusal> {
    let len = body.size()?;
    if (1..=limits::ACTOR_BYTES).contains(&len) { body.take(len) } else { Err(ChangeRefusal::Actors) }
}

/// How many there are. Automerge writes them sorted, without the change's own.
fn read_other_actors(body: &mut Reader<'_>, own: &[u8]) -> Result<u64, ChangeRefusal> {
    let count = body.size()?;
    if count > limits::ACTORS {
        return Err(ChangeRefusal::Actors);
    }
    let mut last: &[u8] = &[];
    for _ in 0..count {
        let actor = read_actor(body)?;
        if actor <= last || actor == own {
            return Err(ChangeRefusal::Actors);
        }
        last = actor;
    }
    Ok(count as u64)
}

mod column {
    pub(super) const OBJ_ACTOR: u32 = 0x01;
    pub(super) const OBJ_COUNTER: u32 = 0x02;
    pub(super) const KEY_ACTOR: u32 = 0x11;
    pub(super) const KEY_COUNTER: u32 = 0x13;
    pub(super) const KEY_TEXT: u32 = 0x15;
    pub(super) const INSERT: u32 = 0x34;
    pub(super) const ACTION: u32 = 0x42;
    pub(super) const VALUE_META: u32 = 0x56;
    pub(super) const VALUE: u32 = 0x57;
    pub(super) const PRED_COUNT: u32 = 0x70;
    pub(super) const PRED_ACTOR: u32 = 0x71;
    pub(super) const PRED_COUNTER: u32 = 0x73;
    pub(super) const EXPAND: u32 = 0x94;
    pub(super) const MARK_NAME: u32 = 0xa5;

    /// Every column of a change, in the only order.
    pub(super) const ALL: [u32; 14] = [
        OBJ_ACTOR,
        OBJ_COUNTER,
        KEY_ACTOR,
        KEY_COUNTER,
        KEY_TEXT,
        INSERT,
        ACTION,
        VALUE_META,
        VALUE,
        PRED_COUNT,
        PRED_ACTOR,
        PRED_COUNTER,
        EXPAND,
        MARK_NAME,
    ];

    /// Set in a specification when the column's data is deflated.
    pub(super) const DEFLATED: u32 = 0x08;
}

/// The raw columns by their place in [`column::ALL`]; empty when absent.
struct Columns<'a>([&'a [u8]; column::ALL.len()]);

impl<'a> Columns<'a> {
    fn read(body: &mut Reader<'a>) -> Result<Self, ChangeRefusal> {
        let count = body.size()?;
        if count > column::ALL.len() {
            return Err(ChangeRefusal::Column(0));
        }
        let mut lengths = [0; column::ALL.len()];
        let mut next = 0;
        for _ in 0..count {
            let specification = u32::try_from(body.unsigned()?).map_err(|_| ChangeRefusal::Column(u32::MAX))?;
            let len = body.size()?;
            if specification & column::DEFLATED != 0 {
                return Err(ChangeRefusal::CompressedColumn(specification));
            }
            // Looking only ahead refuses unknown columns, repeated ones and ones out of order.
            let ahead = column::ALL[next..].iter().position(|c| *c == specification);
            let (Some(ahead), 1..) = (ahead, len) else {
                return Err(ChangeRefusal::Column(specification));
            };
            lengths[next + ahead] = len;
            next += ahead + 1;
        }
        let mut columns = [&[][..]; column::ALL.len()];
        for (column, len) in columns.iter_mut().zip(lengths) {
            *column = body.take(len)?;
        }
        Ok(Self(columns))
    }

    fn get(&self, specification: u32) -> Column<'a> {
        let at = column::ALL.iter().position(|c| *c == specification);
        Column { specification, data: at.map_or(&[], |at| self.0[at]) }
    }

    /// Bounds every column, and returns the number of operations.
    fn check(&self, actors: u64, start_op: u64) -> Result<u32, ChangeRefusal> {
        // The last action that this format has is 7, "mark".
        let ops = self.get(column::ACTION).numbers(limits::OPS, Nulls::Refused, |action, _| action <= 7).map_err(
            |refusal| match refusal {
                ChangeRefusal::Rows(_) => ChangeRefusal::TooManyOps,
                other => other,
            },
        )?;
        // Automerge keeps operation numbers in 32 bits.
        let end_op = start_op
            .checked_add(u64::from(ops))
            .filter(|end| *end <= u64::from(u32::MAX))
            .ok_or(ChangeRefusal::Counters)?;
        let known_actor = |actor: u64, _| actor < actors;
        let known_op = |op: u64, _| op < end_op;

        self.get(column::OBJ_ACTOR)
            .numbers(ops, Nulls::Allowed, known_actor)
            .and_then(|rows| self.get(column::OBJ_ACTOR).all_or_nothing(rows, ops))?;
        self.get(column::OBJ_COUNTER)
            .numbers(ops, Nulls::Allowed, known_op)
            .and_then(|rows| self.get(column::OBJ_COUNTER).all_or_nothing(rows, ops))?;
        self.get(column::KEY_ACTOR)
            .numbers(ops, Nulls::Allowed, known_actor)
            .and_then(|rows| self.get(column::KEY_ACTOR).all_or_nothing(rows, ops))?;
        self.get(column::KEY_COUNTER)
            .deltas(ops, Nulls::Allowed, end_op)
            .and_then(|rows| self.get(column::KEY_COUNTER).all_or_nothing(rows, ops))?;
        let mut names = limits::NAMES;
        self.get(column::KEY_TEXT)
            .texts(ops, &mut names)
            .and_then(|rows| self.get(column::KEY_TEXT).all_or_nothing(rows, ops))?;
        self.get(column::INSERT).booleans(ops).and_then(|rows| self.get(column::INSERT).exactly(rows, ops))?;
        self.check_values(ops)?;
        self.check_predecessors(ops, known_actor, end_op)?;
        self.get(column::EXPAND).booleans(ops).and_then(|rows| self.get(column::EXPAND).all_or_nothing(rows, ops))?;
        self.get(column::MARK_NAME)
            .texts(ops, &mut names)
            .and_then(|rows| self.get(column::MARK_NAME).all_or_nothing(rows, ops))?;
        Ok(ops)
    }

    /// The value column is as long as its metadata says, to the byte.
    fn check_values(&self, ops: u32) -> Result<(), ChangeRefusal> {
        let meta = self.get(column::VALUE_META);
        let mut total: u64 = 0;
        let rows = meta.numbers(ops, Nulls::Refused, |meta, times| {
            let len = meta >> 4;
            // At most `limits::OPS` times 2^60: no overflow in 128 bits, and what is more than
            // the column has can only grow.
            let all = u128::from(len) * u128::from(times) + u128::from(total);
            total = u64::try_from(all).unwrap_or(u64::MAX);
            match meta & 0xf {
                // null, false, true
                0..=2 => len == 0,
                // unsigned, signed, counter, timestamp
                3 | 4 | 8 | 9 => (1..=10).contains(&len),
                // float
                5 => len == 8,
                // text, bytes
                6 | 7 => true,
                _ => false,
            }
        })?;
        meta.exactly(rows, ops)?;
        let value = self.get(column::VALUE);
        if total == value.data.len() as u64 { Ok(()) } else { Err(ChangeRefusal::Rows(column::VALUE)) }
    }

    /// The predecessors of all operations: a group column with how many each has, and so many
    /// rows in the two columns behind it.
    fn check_predecessors(
        &self,
        ops: u32,
        known_actor: impl Fn(u64, u32) -> bool,
        end_op: u64,
    ) -> Result<(), ChangeRefusal> {
        let group = self.get(column::PRED_COUNT);
        let mut total: u32 = 0;
        let rows = group.numbers(ops, Nulls::Refused, |count, times| {
            let all = u32::try_from(count)
                .ok()
                .and_then(|count| count.checked_mul(times))
                .and_then(|more| total.checked_add(more));
            total = all.unwrap_or(u32::MAX);
            true
        })?;
        group.exactly(rows, ops)?;
        if total > limits::PREDECESSORS {
            return Err(ChangeRefusal::Expansion);
        }
        let actor = self.get(column::PRED_ACTOR);
        actor.exactly(actor.numbers(total, Nulls::Refused, known_actor)?, total)?;
        let counter = self.get(column::PRED_COUNTER);
        counter.exactly(counter.deltas(total, Nulls::Refused, end_op)?, total)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Nulls {
    Allowed,
    Refused,
}

/// One raw column. The walkers count its rows and stop at the first row beyond `max`, which
/// they report as [`ChangeRefusal::Rows`].
struct Column<'a> {
    specification: u32,
    data: &'a [u8],
}

/// A piece of a run-length column.
enum Run {
    Same(u32),
    Different(u32),
    Null(u32),
}

impl<'a> Column<'a> {
    fn exactly(&self, rows: u32, expected: u32) -> Result<(), ChangeRefusal> {
        if rows == expected { Ok(()) } else { Err(ChangeRefusal::Rows(self.specification)) }
    }

    /// A column where every row is null is not written at all.
    fn all_or_nothing(&self, rows: u32, ops: u32) -> Result<(), ChangeRefusal> {
        if self.data.is_empty() { Ok(()) } else { self.exactly(rows, ops) }
    }

    /// Walks a run-length column; `value` reads one value, which stands for so many rows.
    fn runs(
        &self,
        max: u32,
        nulls: Nulls,
        mut value: impl FnMut(&mut Reader<'a>, u32) -> Result<(), ChangeRefusal>,
    ) -> Result<u32, ChangeRefusal> {
        let mut data = Reader(self.data);
        let mut rows: u32 = 0;
        while !data.0.is_empty() {
            let run = data.run().map_err(|refusal| self.rows_too_many(refusal))?;
            let (Run::Same(n) | Run::Different(n) | Run::Null(n)) = run;
            rows = rows.checked_add(n).filter(|rows| *rows <= max).ok_or(ChangeRefusal::Rows(self.specification))?;
            match run {
                Run::Same(n) => value(&mut data, n)?,
                Run::Different(n) => {
                    for _ in 0..n {
                        value(&mut data, 1)?;
                    }
                }
                Run::Null(_) if nulls == Nulls::Refused => {
                    return Err(ChangeRefusal::Value(self.specification));
                }
                Run::Null(_) => {}
            }
        }
        Ok(rows)
    }

    fn rows_too_many(&self, refusal: ChangeRefusal) -> ChangeRefusal {
        match refusal {
            ChangeRefusal::Expansion => ChangeRefusal::Rows(self.specification),
            other => other,
        }
    }

    fn numbers(
        &self,
        max: u32,
        nulls: Nulls,
        mut acceptable: impl FnMut(u64, u32) -> bool,
    ) -> Result<u32, ChangeRefusal> {
        let wrong = ChangeRefusal::Value(self.specification);
        self.runs(max, nulls, |data, times| if acceptable(data.unsigned()?, times) { Ok(()) } else { Err(wrong) })
    }

    /// Each value is the difference to the one before; the sums stay within `0..end`.
    fn deltas(&self, max: u32, nulls: Nulls, end: u64) -> Result<u32, ChangeRefusal> {
        let wrong = ChangeRefusal::Value(self.specification);
        let mut sum: i64 = 0;
        self.runs(max, nulls, |data, times| {
            // A run goes in one direction, so only its last sum needs to be looked at.
            sum = data
                .signed()?
                .checked_mul(i64::from(times))
                .and_then(|step| sum.checked_add(step))
                .filter(|sum| u64::try_from(*sum).is_ok_and(|sum| sum < end))
                .ok_or(wrong)?;
            Ok(())
        })
    }

    fn texts(&self, max: u32, budget: &mut usize) -> Result<u32, ChangeRefusal> {
        self.runs(max, Nulls::Allowed, |data, times| {
            let len = data.size()?;
            *budget = len
                .checked_mul(times as usize)
                .and_then(|all| budget.checked_sub(all))
                .ok_or(ChangeRefusal::Expansion)?;
            text(data.take(len)?)
        })
    }

    /// Alternating counts of false and true; only the first may be zero.
    fn booleans(&self, max: u32) -> Result<u32, ChangeRefusal> {
        let too_many = ChangeRefusal::Rows(self.specification);
        let mut data = Reader(self.data);
        let mut rows: u32 = 0;
        let mut first = true;
        while !data.0.is_empty() {
            let n = u32::try_from(data.unsigned()?).map_err(|_| too_many)?;
            if n == 0 && !first {
                return Err(ChangeRefusal::Value(self.specification));
            }
            first = false;
            rows = rows.checked_add(n).filter(|rows| *rows <= max).ok_or(too_many)?;
        }
        Ok(rows)
    }
}

fn text(bytes: &[u8]) -> Result<(), ChangeRefusal> {
    match str::from_utf8(bytes) {
        Ok(_) => Ok(()),
        Err(_) => Err(ChangeRefusal::Text),
    }
}

/// What is left to read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], ChangeRefusal> {
        let (taken, rest) = self.0.split_at_checked(len).ok_or(ChangeRefusal::CutOff)?;
        self.0 = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, ChangeRefusal> {
        let (first, rest) = self.0.split_first().ok_or(ChangeRefusal::CutOff)?;
        self.0 = rest;
        Ok(*first)
    }

    /// Unsigned LEB128 in its shortest form.
    fn unsigned(&mut self) -> Result<u64, ChangeRefusal> {
        let mut value: u64 = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                return Err(ChangeRefusal::Number);
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return if byte == 0 && shift > 0 { Err(ChangeRefusal::Number) } else { Ok(value) };
            }
        }
        Err(ChangeRefusal::Number)
    }

    /// Signed LEB128 in its shortest form.
    fn signed(&mut self) -> Result<i64, ChangeRefusal> {
        let mut value: i64 = 0;
        let mut last = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = byte & 0x7f;
            // The tenth byte holds nothing but the sign.
            if shift == 63 && bits != 0 && bits != 0x7f {
                return Err(ChangeRefusal::Number);
            }
            value |= i64::from(bits) << shift;
            if byte & 0x80 == 0 {
                let negative = byte & 0x40 != 0;
                let only_sign = (byte == 0 && last & 0x40 == 0) || (byte == 0x7f && last & 0x40 != 0);
                if shift > 0 && only_sign {
                    return Err(ChangeRefusal::Number);
                }
                if negative && shift < 57 {
                    value |= -1 << (shift + 7);
                }
                return Ok(value);
            }
            last = byte;
        }
        Err(ChangeRefusal::Number)
    }

    /// A length or a count. Whether it fits what is left is for `take`.
    fn size(&mut self) -> Result<usize, ChangeRefusal> {
        usize::try_from(self.unsigned()?).map_err(|_| ChangeRefusal::CutOff)
    }

    /// The head of a run; [`ChangeRefusal::Expansion`] when its length is beyond 32 bits.
    fn run(&mut self) -> Result<Run, ChangeRefusal> {
        let head = self.signed()?;
        let rows = |n: u64| u32::try_from(n).map_err(|_| ChangeRefusal::Expansion);
        match head {
            1.. => Ok(Run::Same(rows(head.unsigned_abs())?)),
            0 => match self.unsigned()? {
                0 => Err(ChangeRefusal::Number),
                n => Ok(Run::Null(rows(n)?)),
            },
            _ => Ok(Run::Different(rows(head.unsigned_abs())?)),
        }
    }
}
