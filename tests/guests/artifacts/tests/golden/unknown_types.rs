#[Artifacts::export]
pub struct Job {
    pub run: fn(u8) -> u8,
    pub parts: Vec<Part>,
    pub id: i64,
}
