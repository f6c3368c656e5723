// What an operator must hear of, as queries over the app's log lines, its metrics and the host's requests.
// docs/operate.md says for each what it means and what to do. A line or metric named here is one that the app writes.
param unique string
param location string
param tags object
param workspaceId string
param actionGroupId string
param functionAppName string

// The workspace may be shared: only what this function app wrote counts.
var lines = 'AppTraces | where AppRoleName =~ "${functionAppName}"'
var metrics = 'AppMetrics | where AppRoleName =~ "${functionAppName}"'
var requests = 'AppRequests | where AppRoleName =~ "${functionAppName}"'

// A window is at least 10 minutes longer than the time between two looks: rows arrive minutes after their time, and what
// one look has not seen yet is seen by the next. The limit of Oneflow counts any 5 minutes, so `rate-limit` adds up each
// five minutes of its window that follow one another, and takes the most.
// Each query answers one row with one number, `value`, also where nothing was logged. A gauge's value is in Sum: it
// carries no maximum. `union` makes one column of two only where their types are the same.
var alerts = [
  {
    name: 'dead-letters'
    // The daily purge is given up until the next day.
    title: 'A job was given up'
    severity: 2
    window: 'PT15M'
    every: 'PT5M'
    query: '${lines} | where Message startswith "job.dead" or Message startswith "history.purge_failed" | summarize value = count()'
    operator: 'GreaterThan'
    threshold: 0
  }
  {
    name: 'poison-queue'
    title: 'A job ended its worker again and again'
    severity: 1
    window: 'PT15M'
    every: 'PT5M'
    query: '${metrics} | where Name == "sync.queue_length" and tostring(Properties.queue) == "sync-jobs-poison" | summarize waiting = max(Sum) | union (${lines} | where Message startswith "job.dead" and Message has "cause=crash" | summarize waiting = toreal(count())) | summarize value = sum(waiting)'
    operator: 'GreaterThan'
    threshold: 0
  }
  {
    name: 'failing-syncs'
    title: 'Many jobs fail and are tried again'
    severity: 2
    window: 'PT15M'
    every: 'PT5M'
    query: '${lines} | where Message startswith "job.retried" or Message startswith "request.failed" | summarize value = count()'
    operator: 'GreaterThan'
    threshold: 20
  }
  {
    name: 'connection-broken'
    title: 'A connection or a setting is broken; jobs wait'
    severity: 1
    window: 'PT15M'
    every: 'PT5M'
    // Jobs say it once and wait in rows then; the sweep says it each time, as long as it lasts.
    query: '${lines} | where Message startswith "reconcile.failed" or Message startswith "connection.broken" or (Message startswith "job.waits" and (Message has "ConnectionBroken" or Message has "ConfigurationError")) | summarize value = count()'
    operator: 'GreaterThan'
    threshold: 0
  }
  {
    name: 'reconcile-not-run'
    title: 'The sweep for missed events does not run'
    severity: 1
    window: 'PT15M'
    every: 'PT5M'
    query: '${lines} | where Message startswith "reconcile.swept" | summarize value = count()'
    operator: 'LessThan'
    threshold: 1
  }
  {
    name: 'drift'
    title: 'Changes arrive that no event announced'
    severity: 3
    window: 'PT1H'
    every: 'PT15M'
    query: '${lines} | where Message startswith "sync.drift" | summarize value = count()'
    operator: 'GreaterThan'
    threshold: 20
  }
  {
    name: 'slow'
    title: 'Edits in Oneflow take long to reach Dynamics'
    severity: 3
    window: 'PT30M'
    every: 'PT10M'
    query: '${metrics} | where Name == "sync.webhook_to_written" | summarize seconds = sum(Sum), writes = sum(ItemCount) | project value = iff(writes == 0, 0.0, seconds / writes)'
    operator: 'GreaterThan'
    threshold: 300
  }
  {
    name: 'rate-limit'
    title: 'Little of the rate limit of Oneflow is left'
    severity: 3
    window: 'PT30M'
    every: 'PT5M'
    query: '${metrics} | where Name == "sync.vendor_calls" and tostring(Properties.side) == "oneflow" | summarize calls = sum(Sum) by minute = bin(TimeGenerated, 1m) | extend ending = range(minute, minute + 4m, 1m) | mv-expand ending to typeof(datetime) | summarize calls = sum(calls) by ending | summarize value = coalesce(max(calls), 0.0)'
    operator: 'GreaterThan'
    threshold: 1800
  }
  {
    name: 'webhooks-refused'
    title: 'Notifications with a wrong signature or key'
    severity: 3
    window: 'PT1H'
    every: 'PT15M'
    query: '${requests} | where Name in ("oneflow_webhook", "dynamics_events") or Url has_any ("/api/oneflow/webhook", "/api/dynamics/events") | where ResultCode in ("400", "401", "403") | summarize value = count()'
    operator: 'GreaterThan'
    threshold: 20
  }
  {
    name: 'links-waiting'
    title: 'Links have waited for a person for longer than a day'
    severity: 3
    window: 'PT2H'
    every: 'PT15M'
    query: '${metrics} | where Name == "sync.links_waiting" | summarize value = coalesce(max(Sum), 0.0)'
    operator: 'GreaterThan'
    threshold: 0
  }
]

resource rules 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [for alert in alerts: {
  name: 'alert-oneflow-sync-${alert.name}-${unique}'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'Oneflow sync: ${alert.title}'
    description: 'See docs/operate.md, ${alert.name}.'
    severity: alert.severity
    enabled: true
    scopes: [workspaceId]
    evaluationFrequency: alert.every
    windowSize: alert.window
    autoMitigate: true
    // The tables are made by the first telemetry, which comes after the first deployment.
    skipQueryValidation: true
    criteria: {
      allOf: [
        {
          query: alert.query
          timeAggregation: 'Total'
          metricMeasureColumn: 'value'
          operator: alert.operator
          threshold: alert.threshold
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    actions: { actionGroups: [actionGroupId] }
  }
}]
