"""How users, workspaces, templates, template types and webhooks look on the wire."""

from __future__ import annotations

from sandbox.oneflow.account.model import Template, TemplateField, TemplateType, User, Webhook, Workspace
from sandbox.oneflow.api.views import AVAILABLE_OPTIONS, Json, Views


def account(views: Views) -> Json:
    it = views.world.state.account
    return {
        "_links": {"self": views.link("/accounts/me")},
        "country_code": it.country_code,
        "created_time": views.time(it.created_time),
        "id": it.id,
        "name": it.name,
        "registration_number": it.registration_number,
    }


def user(views: Views, it: User) -> Json:
    return {
        "_links": {"self": views.link(f"/users/{it.id}")},
        "active": it.active,
        "email": it.email,
        "id": it.id,
        "is_admin": it.is_admin,
        "name": it.name,
        "phone_number": it.phone_number,
        "state": "registered",
        "title": it.title,
    }


def workspace(views: Views, it: Workspace) -> Json:
    account = views.world.state.account
    created = views.time(it.created_time)
    return {
        "_links": {"self": views.link(f"/workspaces/{it.id}")},
        "_permissions": {"contract:create": _may_create(views.user, it)},
        "company_name": account.name,
        "country_code": account.country_code,
        "created_time": created,
        "date_format": "YYYY-MM-DD",
        "description": it.description,
        "id": it.id,
        "name": it.name,
        "registration_number": account.registration_number,
        "type": "standard",
        "updated_time": created,
    }


def _may_create(user: User | None, it: Workspace) -> bool:
    return user is None or (user.may_write and it.id in user.workspace_ids)


def template_field(views: Views, it: TemplateField, type_id: int) -> Json:
    return {
        "_links": {"template_type": views.link(f"/template_types/{type_id}")},
        "active": it.active,
        "custom_id": it.custom_id,
        "description": it.description,
        "id": it.id,
        "name": it.name,
        "placeholder": it.placeholder,
        "source": it.source,
        "value": it.value,
    }


def template_fields(views: Views, it: TemplateType) -> list[Json]:
    return [template_field(views, f, it.id) for f in it.fields]


def template_type(views: Views, it: TemplateType, with_fields: bool = True) -> Json:
    view: Json = {
        "_links": {"self": views.link(f"/template_types/{it.id}")},
        "active": it.active,
        "created_time": views.time(it.created_time),
        "description": it.description,
        "extension_type": it.extension_type,
        "id": it.id,
        "name": it.name,
        "updated_time": views.time(it.updated_time),
    }
    shown = with_fields and views.switches.type_fields == "shown"
    return view | {"data_fields": template_fields(views, it)} if shown else view


def template(views: Views, it: Template) -> Json:
    extended = it.template_type_id is not None and views.switches.template_types_extension
    kind = views.world.state.template_types[it.template_type_id] if extended and it.template_type_id else None
    return {
        "_links": {"self": views.link(f"/templates/{it.id}")},
        "available_options": AVAILABLE_OPTIONS,
        "created_time": views.time(it.created_time),
        "id": it.id,
        "name": it.name,
        "template_type": None if kind is None else template_type(views, kind, with_fields=False),
        "updated_time": views.time(it.updated_time),
    }


def webhook(views: Views, it: Webhook) -> Json:
    keys = {"both": ("id", "webhook_id"), "id": ("id",), "webhook_id": ("webhook_id",)}[views.switches.webhook_id_keys]
    sign_key = {"sign_key": it.sign_key} if views.switches.webhook_shows_sign_key else {}
    return (
        dict.fromkeys(keys, it.id)
        | {
            "_links": {"self": views.link(f"/webhooks/{it.id}")},
            "callback_url": it.callback_url,
            "configuration": it.configuration,
            "filters": it.filters,
            "integration_instance": None,
            "integration_process_id": it.integration_process_id,
            "legacy_webhook": False,
            "template_group_id": it.template_group_id,
        }
        | sign_key
    )
