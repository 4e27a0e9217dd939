//! The image of a session: its variables as bytes, with cycles and shared references kept.
//!
//! An image belongs to one chart, because functions are told by where in the chart they stand. It
//! begins with a version; a value is a tag and what belongs to it.

mod read;
mod write;

/// The first byte of an image.
const VERSION: u8 = 1;

/// What a value is. The numbers never change their meaning.
mod tag {
    pub(super) const UNDEFINED: u8 = 0;
    pub(super) const NULL: u8 = 1;
    pub(super) const FALSE: u8 = 2;
    pub(super) const TRUE: u8 = 3;
    /// A zigzag number follows.
    pub(super) const INT: u8 = 4;
    /// Eight bytes follow.
    pub(super) const FLOAT: u8 = 5;
    /// Length and UTF-8.
    pub(super) const TEXT: u8 = 6;
    /// A text with half surrogate pairs, quoted as JSON.
    pub(super) const ODD_TEXT: u8 = 7;
    /// The number of an object that came before.
    pub(super) const SEEN: u8 = 8;
    /// Length and items.
    pub(super) const ARRAY: u8 = 9;
    /// Length and members: an array with holes, or with members that are no items.
    pub(super) const SPARSE: u8 = 10;
    /// Members.
    pub(super) const OBJECT: u8 = 11;
    pub(super) const PROCESSORS: u8 = 13;
    pub(super) const PLATFORM: u8 = 14;
    pub(super) const GLOBAL: u8 = 15;
    /// Members of an object without prototype.
    pub(super) const BARE: u8 = 16;
    /// The text of a document.
    pub(super) const DOCUMENT: u8 = 17;
    /// A document and the number of a node in it.
    pub(super) const NODE: u8 = 18;
    /// Eight bytes.
    pub(super) const DATE: u8 = 19;
    /// Source, flags, lastIndex.
    pub(super) const REGEXP: u8 = 20;
    /// An array of pairs.
    pub(super) const MAP: u8 = 21;
    /// An array.
    pub(super) const SET: u8 = 22;
    /// Name, message, stack, members.
    pub(super) const ERROR: u8 = 23;
    /// The constructor and members.
    pub(super) const INSTANCE: u8 = 24;
    /// Expression, offset and length in the chart; members; members of its prototype.
    pub(super) const FUNCTION: u8 = 25;
    /// Decimal text.
    pub(super) const BIGINT: u8 = 26;
}
