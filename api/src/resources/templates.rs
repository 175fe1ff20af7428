//! `/v1/templates`: ready-made statements, and proofs by their names.

use poem_openapi::OpenApi;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use serde_json::Value;
use zapiki_core::problem::ProblemCode;

use super::Tag;
use super::proofs::ProofAnswer;
use super::short_forms::{ShortForm, Terms, prove};
use crate::auth::Auth;
use crate::body::Body;
use crate::deprecation::Noted;
use crate::forms::Text;
use crate::headers::IdempotencyKey;
use crate::prefer::Prefer;
use crate::problem::Problem;
use crate::schemas::{
    Template, TemplateCategories, TemplateCategory, TemplateProofRequest, Templates,
};
use crate::state::Api;
use crate::templates::{self, Category};

/// Where the inputs stand in a request.
const INPUTS: &str = "inputs";

pub(crate) struct TemplatesApi;

fn shown(api: &Api, template: &templates::Template) -> Template {
    let fields = |value: &Value| {
        let fields = value.as_object().into_iter().flatten();
        fields
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    };
    let systems = api.registry.backends().filter(|backend| {
        let mut circuits = backend.circuits().iter();
        circuits.any(|circuit| circuit.id.statement == template.statement)
    });
    Template {
        id: template.id.to_owned(),
        version: template.version.to_owned(),
        category: template.category,
        title: template.title.to_owned(),
        description: template.description.to_owned(),
        statement: Text(template.statement),
        systems: systems.map(|backend| Text(backend.system())).collect(),
        inputs: fields(&template.inputs),
        example: fields(&template.example),
    }
}

fn find(id: &str) -> Result<&'static templates::Template, Problem> {
    templates::find(id).ok_or_else(|| {
        let detail = "There is no such template. GET /v1/templates lists those there are.";
        Problem::new(ProblemCode::NotFound, detail)
    })
}

#[OpenApi(prefix_path = "/v1", tag = "Tag::Templates")]
impl TemplatesApi {
    /// List the templates
    ///
    /// Each with the JSON Schema of its inputs, an example, and the statement that it expands to.
    #[oai(path = "/templates", method = "get", operation_id = "list_templates")]
    async fn templates(
        &self,
        api: &Api,
        _auth: Auth,
        /// Only templates of this category.
        category: Query<Option<Category>>,
    ) -> Result<Json<Templates>, Problem> {
        let wanted = templates::all().iter().filter(|template| {
            category
                .0
                .is_none_or(|category| category == template.category)
        });
        Ok(Json(Templates {
            templates: wanted.map(|template| shown(api, template)).collect(),
        }))
    }

    /// List the categories of templates
    ///
    /// What templates are for, with the names of those that are for it.
    #[oai(
        path = "/templates/categories",
        method = "get",
        operation_id = "list_template_categories"
    )]
    async fn categories(
        &self,
        _api: &Api,
        _auth: Auth,
    ) -> Result<Json<TemplateCategories>, Problem> {
        let category = |category: Category| {
            let own = templates::all()
                .iter()
                .filter(|template| template.category == category);
            TemplateCategory {
                id: category,
                title: category.title().to_owned(),
                description: category.description().to_owned(),
                templates: own.map(|template| template.id.to_owned()).collect(),
            }
        };
        Ok(Json(TemplateCategories {
            categories: Category::ALL.map(category).into(),
        }))
    }

    /// Read a template
    ///
    /// With the JSON Schema of its inputs and an example of them.
    #[oai(path = "/templates/:id", method = "get", operation_id = "get_template")]
    async fn template(
        &self,
        api: &Api,
        _auth: Auth,
        /// The template's name, such as `age-over-18`.
        id: Path<String>,
    ) -> Result<Json<Template>, Problem> {
        Ok(Json(shown(api, find(&id.0)?)))
    }

    /// Make a proof by a template
    ///
    /// As a request for a proof makes one, with the statement that the template expands to. The issuer is the credential's own, if
    /// you trust it. Lists are taken as they are now.
    #[oai(
        path = "/templates/:id/proofs",
        method = "post",
        operation_id = "prove_template"
    )]
    async fn prove(
        &self,
        api: &Api,
        auth: Auth,
        /// The template's name, such as `age-over-18`.
        id: Path<String>,
        /// Your name for this request: the same key and body make one proof.
        #[oai(name = "Idempotency-Key")]
        idempotency_key: IdempotencyKey,
        /// `respond-async`, or `wait=` and seconds (RFC 7240). Others are ignored.
        #[oai(name = "Prefer")]
        prefer: Prefer,
        request: Body<TemplateProofRequest>,
    ) -> Result<Noted<ProofAnswer>, Problem> {
        let template = find(&id.0)?;
        let digest = request.digest_at(template.id);
        let request = request.into_inner();
        if let Some(version) = &request.template_version
            && major(version) != major(template.version)
        {
            let detail = format!(
                "The template is of version {} by now. GET /v1/templates/{} says what it asks for.",
                template.version, template.id
            );
            return Err(Problem::new(ProblemCode::InvalidField, detail).at("template_version"));
        }
        let inputs = request.inputs.unwrap_or_default();
        let draft = template
            .draft(inputs)
            .map_err(|error| error.within(INPUTS))?;
        let form = ShortForm {
            parts: draft.parts,
            as_of: draft.as_of,
            terms: Terms {
                challenge: request.challenge.0,
                scope: request.scope.0,
                system: request.system.map(|system| system.0),
                pin: request.circuit.map(|pin| pin.0),
                allow_experimental: request.allow_experimental,
                credential: request.credential.value,
                holder_secret: request.holder_secret.value,
            },
            digest,
            within: Some(INPUTS),
        };
        prove(api, &auth, form, idempotency_key, prefer).await
    }
}

/// The number of a version that rises when a template asks for something else.
fn major(version: &str) -> Option<&str> {
    version.split('.').next()
}
