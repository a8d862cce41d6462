"""The fields that the firm has added to its systems, by what the vocabulary calls them.

Belongs here: what sources.yaml says under `fields`, and which fields there are before any record.
Does not: their values.
"""

from __future__ import annotations

from collections.abc import Iterator

OF_SALESFORCE = {
    "accounts.parent_account_id": "Parent_Customer__c",
    "accounts.time_zone": "Time_Zone__c",
    "accounts.business_calendar": "Business_Calendar__c",
    "accounts.segment": "Segment__c",
    "accounts.complexity": "Complexity__c",
    "accounts.acquisition_channel": "Acquisition_Channel__c",
    "accounts.started_on": "Customer_Since__c",
    "accounts.first_value_on": "First_Value_On__c",
    "accounts.churn_notice_on": "Churn_Notice_On__c",
    "accounts.churned_on": "Churned_On__c",
    "accounts.churn_reason": "Churn_Reason__c",
    "accounts.pool": "Pool__c",
    "accounts.tier_override": "Tier_Override__c",
    "accounts.tier_override_reason": "Tier_Override_Reason__c",
    "accounts.tier_override_by": "Tier_Override_By__c",
    "accounts.tier_override_from": "Tier_Override_From__c",
    "accounts.tier_override_to": "Tier_Override_To__c",
    "contacts.personas": "Personas__c",
    "contacts.left_on": "Left_On__c",
    "contracts.arr": "ARR__c",
    "contracts.starts_on": "Term_Start__c",
    "contracts.ends_on": "Term_End__c",
    "contracts.product": "Product__c",
    "contracts.signed_on": "Signed_On__c",
    "contracts.notice_on": "Notice_On__c",
    "contracts.predecessor_contract_id": "Renews__c",
    "contracts.auto_renews": "Auto_Renews__c",
    "activities.status": "Outcome__c",
    "activities.direction": "Direction__c",
    "activities.channel": "Channel__c",
    "activities.user_emails": "Team_Emails__c",
    "activities.contact_emails": "Attendee_Emails__c",
    "activities.notes_at": "Notes_At__c",
    "activities.follow_up_at": "Follow_Up_At__c",
    "activities.is_automated": "Automated__c",
    "activities.ticket_id": "Support_Ticket__c",
    "activities.calendar_uid": "Calendar_UID__c",
}

OF_HUBSPOT = {
    "accounts.parent_account_id": "parent_customer",
    "accounts.currency": "billing_currency",
    "accounts.time_zone": "time_zone",
    "accounts.business_calendar": "business_calendar",
    "accounts.segment": "segment",
    "accounts.complexity": "complexity",
    "accounts.acquisition_channel": "acquisition_channel",
    "accounts.started_on": "customer_since",
    "accounts.first_value_on": "first_value_on",
    "accounts.churn_notice_on": "churn_notice_on",
    "accounts.churned_on": "churned_on",
    "accounts.churn_reason": "churn_reason",
    "accounts.pool": "success_pool",
    "accounts.tier_override": "tier_override",
    "accounts.tier_override_reason": "tier_override_reason",
    "accounts.tier_override_by": "tier_override_by",
    "accounts.tier_override_from": "tier_override_from",
    "accounts.tier_override_to": "tier_override_to",
    "contacts.personas": "personas",
    "contacts.left_on": "left_on",
    "contracts.starts_on": "term_start",
    "contracts.ends_on": "term_end",
    "contracts.product": "product",
    "contracts.signed_on": "signed_on",
    "contracts.notice_on": "notice_on",
    "contracts.predecessor_contract_id": "renews_deal",
    "contracts.auto_renews": "auto_renews",
    "activities.type": "success_kind",
    "activities.direction": "direction",
    "activities.channel": "channel",
    "activities.status": "success_outcome",
    "activities.minutes": "minutes",
    "activities.notes_at": "notes_at",
    "activities.follow_up_at": "follow_up_at",
    "activities.is_automated": "automated",
    "activities.ticket_id": "support_ticket",
}

OF_CUSTIFY = {
    "activities.type": "kind",
    "activities.status": "outcome",
    "activities.channel": "channel",
    "activities.direction": "direction",
    "activities.started_at": "happened_at",
    "activities.minutes": "minutes",
    "activities.user_emails": "team",
    "activities.contact_emails": "attendees",
    "activities.notes_at": "notes_at",
    "activities.follow_up_at": "follow_up_at",
    "activities.logged_at": "logged_at",
}

_SALESFORCE_STREAMS = {
    "accounts": ("accounts",),
    "contacts": ("contacts",),
    "contracts": ("opportunities",),
    "activities": ("tasks", "events"),
}
_HUBSPOT_STREAMS = {
    "accounts": ("companies",),
    "contacts": ("contacts",),
    "contracts": ("deals",),
    "activities": ("calls", "meetings", "emails", "notes", "tasks"),
}
_TYPES = {"ARR__c": "double", "Auto_Renews__c": "boolean", "Automated__c": "boolean"}


def defined_in_salesforce() -> Iterator[tuple[str, str, str]]:
    """Each field that not every org has: stream, name, type."""
    for ours, name in OF_SALESFORCE.items():
        for stream in _SALESFORCE_STREAMS[ours.partition(".")[0]]:
            yield stream, name, _TYPES.get(name, "string")
    for stream in ("accounts", "opportunities"):
        yield stream, "CurrencyIsoCode", "picklist"  # as an org with several currencies has


def defined_in_hubspot() -> Iterator[tuple[str, str]]:
    """Each property that not every account has: stream and name."""
    for ours, name in OF_HUBSPOT.items():
        for stream in _HUBSPOT_STREAMS[ours.partition(".")[0]]:
            yield stream, name
