"""A Singer tap for these pages, in the way of the Meltano SDK; piped into target-duckdb."""

import sys

from singer_sdk import RESTStream, Tap
from singer_sdk import typing as th
from singer_sdk.pagination import BaseHATEOASPaginator, JSONPathPaginator

TEXT, NUMBER, FLAG = th.StringType, th.NumberType, th.BooleanType
COMPANY = (
    "name domain website industry country city numberofemployees annualrevenue lifecyclestage "
    "hubspot_owner_id hs_parent_company_id hs_merged_object_ids salesforceaccountid description "
    "hs_object_id createdate hs_lastmodifieddate notes_last_updated num_associated_contacts phone "
    "hs_analytics_source segment__c"
)
OPPORTUNITY = (
    "Id AccountId Name Description StageName CloseDate Type NextStep LeadSource ForecastCategory "
    "CurrencyIsoCode CampaignId Pricebook2Id OwnerId CreatedDate CreatedById LastModifiedDate "
    "LastModifiedById SystemModstamp LastActivityDate ContactId ContractId"
)
NUMBERS = (
    "Amount Probability ExpectedRevenue TotalOpportunityQuantity FiscalQuarter FiscalYear ARR__c"
)
FLAGS = "IsDeleted IsClosed IsWon HasOpportunityLineItem Auto_Renew__c"


def properties(names, kind):
    return [th.Property(name, kind) for name in names.split()]


class Companies(RESTStream):
    name, path = "companies", "/crm/v3/objects/companies"
    records_jsonpath, primary_keys = "$.results[*]", ("id",)
    schema = th.PropertiesList(
        th.Property("id", TEXT),
        th.Property("properties", th.ObjectType(*properties(COMPANY, TEXT))),
        th.Property("createdAt", TEXT),
        th.Property("updatedAt", TEXT),
        th.Property("archived", FLAG),
    ).to_dict()

    @property
    def url_base(self):
        return self.config["base_url"]

    def get_new_paginator(self):
        return JSONPathPaginator("$.paging.next.after")

    def get_url_params(self, context, next_page_token):
        return {"limit": self.config["size"], "archived": "false", "after": next_page_token or "0"}


class NextRecords(BaseHATEOASPaginator):
    def get_next_url(self, response):
        return response.json().get("nextRecordsUrl")


class Opportunities(RESTStream):
    name, path = "opportunities", "/services/data/v61.0/queryAll"
    records_jsonpath, primary_keys = "$.records[*]", ("Id",)
    schema = th.PropertiesList(
        th.Property(
            "attributes", th.ObjectType(th.Property("type", TEXT), th.Property("url", TEXT))
        ),
        *properties(OPPORTUNITY, TEXT),
        *properties(NUMBERS, NUMBER),
        *properties(FLAGS, FLAG),
    ).to_dict()

    @property
    def url_base(self):
        return self.config["base_url"]

    def get_new_paginator(self):
        return NextRecords()

    def prepare_request(self, context, next_page_token):
        request = super().prepare_request(context, None)
        if next_page_token:
            request.prepare_url(self.url_base + next_page_token.path, {})
        return request

    def get_url_params(self, context, next_page_token):
        return {"q": "select"}


class Pages(Tap):
    name = "tap-pages"
    config_jsonschema = th.PropertiesList(
        th.Property("base_url", TEXT), th.Property("shape", TEXT), th.Property("size", TEXT)
    ).to_dict()

    def discover_streams(self):
        return [{"hubspot": Companies, "salesforce": Opportunities}[self.config["shape"]](self)]


if __name__ == "__main__":
    shape, url, records, size, target = sys.argv[1:]
    Pages(config={"base_url": url, "shape": shape, "size": size}).sync_all()
