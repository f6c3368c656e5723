// Common work of a client written with dynamics-web-api: node dynamics_web_api.cjs <package> <server> <token> <ids>.
// Prints what each step answered, or the error that it met, as one JSON object.
const [, , packagePath, serverUrl, token, ids] = process.argv;
const { DynamicsWebApi } = require(packagePath);
const { account, opportunity, contact, nobody } = JSON.parse(ids);

const api = new DynamicsWebApi({
  serverUrl,
  dataApi: { version: "9.2" },
  onTokenRefresh: async () => token,
});

// Of a part of a batch the library keeps the service's error in a property of its own.
const met = (error) => ({ status: error.status, message: error.error?.message ?? error.message });
const steps = {
  whoAmI: () => api.callFunction("WhoAmI"),

  created: () => api.create({ collection: "accounts", data: { name: "Polaris AB", accountnumber: "P-1" } }),
  createdWithRow: () =>
    api.create({ collection: "accounts", data: { name: "Orion AB" }, returnRepresentation: true, select: ["name"] }),
  retrieved: () =>
    api.retrieve({
      collection: "opportunities", key: opportunity, select: ["name", "_parentaccountid_value"],
      expand: [{ property: "parentaccountid", select: ["name"] }], includeAnnotations: "*",
    }),
  retrievedByKey: () => api.retrieve({ collection: "accounts", key: "accountnumber='P-1'", select: ["name"] }),
  retrievedMissing: () => api.retrieve({ collection: "accounts", key: nobody, select: ["name"] }),
  unchanged: async () => {
    const row = await api.retrieve({ collection: "accounts", key: account, select: ["name"] });
    return api.retrieve({
      collection: "accounts", key: account, select: ["name"], ifnonematch: row["@odata.etag"],
    });
  },

  updatedByVersion: async () => {
    const row = await api.retrieve({ collection: "accounts", key: account, select: ["name"] });
    const ifmatch = row["@odata.etag"];
    const first = await api.update({ collection: "accounts", key: account, data: { name: "First" }, ifmatch });
    const second = await api.update({ collection: "accounts", key: account, data: { name: "Second" }, ifmatch });
    return { first, second };
  },
  updatedWithRow: () =>
    api.update({
      collection: "accounts", key: account, data: { name: "With row" }, returnRepresentation: true, select: ["name"],
    }),
  updatedOneProperty: () =>
    api.updateSingleProperty({ collection: "accounts", key: account, fieldValuePair: { description: "alone" } }),
  deletedOneProperty: () => api.deleteRecord({ collection: "accounts", key: account, property: "description" }),
  upsertedByKey: () =>
    api.upsert({
      collection: "accounts", key: "accountnumber='U-1'", data: { name: "Upserted" }, returnRepresentation: true,
    }),
  upsertedNothingNew: () =>
    api.upsert({ collection: "accounts", key: account, data: { name: "Never" }, ifnonematch: "*" }),
  upsertedNothingMissing: () =>
    api.upsert({ collection: "accounts", key: nobody, data: { name: "Never" }, ifmatch: "*" }),

  filtered: () =>
    api.retrieveMultiple({
      collection: "accounts", select: ["name"], orderBy: ["name desc"], count: true,
      filter: "contains(name,'ri') or (startswith(name,'Pol') and not (name eq 'Polaris AS'))",
    }),
  inValues: () =>
    api.retrieveMultiple({
      collection: "accounts", select: ["name"],
      filter: "Microsoft.Dynamics.CRM.In(PropertyName='accountnumber',PropertyValues=['P-1','U-1'])",
    }),
  paged: async () => {
    const first = await api.retrieveMultiple({ collection: "accounts", select: ["name"], maxPageSize: 3 });
    const second = await api.retrieveMultiple(
      { collection: "accounts", select: ["name"], maxPageSize: 3 }, first.oDataNextLink);
    return { first: first.value.length, second: second.value.length, more: Boolean(second.oDataNextLink) };
  },
  everything: async () => (await api.retrieveAll({ collection: "accounts", select: ["name"] })).value.length,
  counted: () => api.count({ collection: "accounts", filter: "accountnumber ne null" }),

  associatedSingle: () =>
    api.associateSingleValued({
      collection: "opportunities", primaryKey: opportunity, navigationProperty: "parentcontactid",
      relatedCollection: "contacts", relatedKey: contact,
    }),
  disassociatedSingle: () =>
    api.disassociateSingleValued({
      collection: "opportunities", primaryKey: opportunity, navigationProperty: "parentcontactid",
    }),
  disassociated: () =>
    api.disassociate({
      collection: "accounts", primaryKey: account, relationshipName: "opportunity_parent_account",
      relatedKey: opportunity,
    }),
  associated: () =>
    api.associate({
      collection: "accounts", primaryKey: account, relationshipName: "opportunity_parent_account",
      relatedCollection: "opportunities", relatedKey: opportunity,
    }),

  batch: async () => {
    api.startBatch();
    api.create({ collection: "accounts", data: { name: "In a set" }, contentId: "1", inChangeSet: true });
    api.create({
      collection: "opportunities", data: { name: "Of it", "parentaccountid@odata.bind": "$1" }, inChangeSet: true,
    });
    api.retrieveMultiple({ collection: "accounts", select: ["name"], filter: "name eq 'In a set'" });
    return api.executeBatch();
  },
  failedBatch: async () => {
    api.startBatch();
    api.create({ collection: "accounts", data: { name: "Undone" } });
    api.update({ collection: "accounts", key: account, data: { nothing: 1 } });
    return api.executeBatch();
  },

  entity: () =>
    api.retrieveEntity({ key: "LogicalName='opportunity'", select: ["LogicalName", "SchemaName", "EntitySetName"] }),
  entities: async () =>
    (await api.retrieveEntities({ select: ["LogicalName"], filter: "IsCustomEntity eq false" })).value.length,
  attributes: () =>
    api.retrieveAttributes({
      entityKey: "LogicalName='opportunity'", castType: "Microsoft.Dynamics.CRM.PicklistAttributeMetadata",
      select: ["LogicalName"], expand: [{ property: "OptionSet", select: ["Options"] }],
    }),
  attribute: () =>
    api.retrieveAttribute({
      entityKey: "LogicalName='opportunity'", attributeKey: "LogicalName='name'",
      castType: "Microsoft.Dynamics.CRM.StringAttributeMetadata",
    }),
  relationships: () =>
    api.retrieveRelationships({
      castType: "Microsoft.Dynamics.CRM.OneToManyRelationshipMetadata", select: ["SchemaName"],
      filter: "ReferencedEntity eq 'contact'",
    }),
  optionSets: () => api.retrieveGlobalOptionSets(),

  unknownColumn: () => api.retrieveMultiple({ collection: "accounts", select: ["nothing"] }),
  unknownOption: () => api.retrieveMultiple({ collection: "accounts", apply: "aggregate($count as n)" }),
  changesTracked: () => api.retrieveMultiple({ collection: "accounts", select: ["name"], trackChanges: true }),
  pluginsBypassed: () =>
    api.update({ collection: "accounts", key: account, data: { name: "x" }, bypassCustomPluginExecution: true }),
  duplicatesDetected: () =>
    api.create({ collection: "accounts", data: { name: "x" }, duplicateDetection: true }),
  schemaChanged: () => api.createEntity({ data: { SchemaName: "new_Thing" } }),

  deleted: () => api.deleteRecord({ collection: "accounts", key: "accountnumber='U-1'" }),
};

(async () => {
  const answers = {};
  for (const [name, step] of Object.entries(steps)) {
    try {
      answers[name] = { answer: (await step()) ?? null };
    } catch (error) {
      answers[name] = { error: Array.isArray(error) ? error.map(met) : met(error) };
    }
  }
  process.stdout.write(JSON.stringify(answers));
})();
