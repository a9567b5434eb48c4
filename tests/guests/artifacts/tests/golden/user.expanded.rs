// Written by `cell test-macros --bless`. How it is laid out does not count.
//@ artifact user.py
//@ | from typing import Annotated, Optional
//@ |
//@ | from pydantic import BaseModel, ConfigDict, Field
//@ |
//@ |
//@ | class User(BaseModel):
//@ |     model_config = ConfigDict(extra="forbid", strict=True)
//@ |
//@ |     name: str
//@ |     age: Annotated[int, Field(ge=0, le=255)]
//@ |     height: Optional[float] = None
//@ |     tags: list[Optional[str]]
//@ |     type: bool
//@ artifact user.ts
//@ | export interface User {
//@ |   name: string;
//@ |   age: number;
//@ |   height?: number | null;
//@ |   tags: (string | null)[];
//@ |   type: boolean;
//@ | }

pub struct User {
    pub name: String,
    pub age: u8,
    pub height: Option<f64>,
    pub tags: Vec<Option<String>>,
    pub r#type: bool,
}
impl User {
    #[doc = r" The files that describe it to other languages."]
    pub const FILES: [&'static str; 2] = ["user.py", "user.ts"];
}
