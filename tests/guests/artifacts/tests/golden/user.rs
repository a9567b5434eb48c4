#[Artifacts::export]
pub struct User {
    pub name: String,
    pub age: u8,
    pub height: Option<f64>,
    pub tags: Vec<Option<String>>,
    pub r#type: bool,
}
