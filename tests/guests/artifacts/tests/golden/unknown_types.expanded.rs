// Written by `cell test-macros --bless`. How it is laid out does not count.
//@ error: other languages do not know this type
//@   at: fn ( u8 ) -> u8
//@ error: other languages do not know this type
//@   at: Part

pub struct Job {
    pub run: fn(u8) -> u8,
    pub parts: Vec<Part>,
    pub id: i64,
}
