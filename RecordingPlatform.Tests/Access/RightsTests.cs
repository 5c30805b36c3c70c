using System.Globalization;
using System.Text.Json.Nodes;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Access;

/// <summary>Every route that the running API has × every kind of caller × own, other and nobody's, against <see cref="RightsTable"/>.</summary>
[Collection(AccessCollection.Name)]
public sealed class RightsTests(AccessPlatform running)
{
    [Fact]
    public async Task Every_route_has_its_row_and_every_row_its_route()
    {
        var routes = await RoutesAsync();
        var rows = RightsTable.Rows.Select(r => r.Route).ToList();
        Assert.Equal(rows.Distinct().Count(), rows.Count);
        var missing = routes.Keys.Except(rows).Select(r => $"The API has {r} ({routes[r]}): say in {nameof(RightsTable)} who may use it.");
        var gone = rows.Except(routes.Keys).Select(r => $"{nameof(RightsTable)} has {r}, which the API does not.");
        Assert.True(!missing.Concat(gone).Any(), string.Join('\n', missing.Concat(gone)));
    }

    [Fact]
    public async Task Everyone_may_exactly_what_the_table_says_and_each_attempt_is_on_record()
    {
        var walk = new RightsWalk(running);
        var wrong = new List<string>();
        foreach (var row in RightsTable.Rows)
        {
            foreach (var (whose, statuses) in new[] { (Whose.Own, row.Own), (Whose.Other, row.Nobody is null ? null : row.Other ?? row.Own), (Whose.Nobody, row.Nobody) })
            {
                var expected = statuses?.Split(' ').Select(s => int.Parse(s, CultureInfo.InvariantCulture)).ToArray() ?? [];
                for (var i = 0; i < expected.Length; i++)
                    wrong.AddRange(await TryAsync(walk, row, RightsTable.Callers[i], whose, expected[i]));
            }
        }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public async Task What_may_not_be_seen_looks_like_what_does_not_exist()
    {
        var walk = new RightsWalk(running);
        foreach (var row in RightsTable.Rows.Where(r => r.Route.StartsWith("GET", StringComparison.Ordinal) && r.Other is not null))
        {
            var (client, other, _) = await walk.RequestAsync(row, "operator", Whose.Other);
            var (_, nobody, _) = await walk.RequestAsync(row, "operator", Whose.Nobody);
            var (one, two) = (await ReadAsync(client, other), await ReadAsync(client, nobody));
            Assert.Equal(two, one);
        }

        static async Task<string> ReadAsync(HttpClient client, HttpRequestMessage request)
        {
            using var _ = request;
            using var answer = await client.SendAsync(request);
            var problem = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!.AsObject();
            problem.Remove("trace_id");
            var headers = answer.Headers.Concat(answer.Content.Headers).Where(h => h.Key is not ("Date" or "Content-Length")).Select(h => $"{h.Key}: {string.Join(", ", h.Value)}");
            return $"{(int)answer.StatusCode} {problem.ToJsonString()} {string.Join("; ", headers.Order(StringComparer.Ordinal))}";
        }
    }

    [Fact]
    public async Task A_list_counts_nothing_that_its_reader_may_not_see()
    {
        var walk = new RightsWalk(running);
        foreach (var who in RightsTable.Callers.Except(["anonymous", "key without scope"]))
        {
            var client = await walk.ClientAsync(who);
            var before = await ListAsync(client, "");
            var own = await walk.RecordingAsync(who, Whose.Own, fresh: true);
            var other = await running.UploadPrivateAsync($"{RightsWalk.Secret} of somebody else");
            var seesAll = who is "practice_manager" or "compliance_officer" or "admin";
            var after = await ListAsync(client, "");
            Assert.True(before.Total + (seesAll ? 2 : 1) == after.Total, $"{who} counts {after.Total} after {before.Total}");
            Assert.Contains($"{own}", after.Body, StringComparison.Ordinal);
            Assert.Equal(seesAll, after.Body.Contains($"{other}", StringComparison.Ordinal));
            var searched = await ListAsync(client, "&q=somebody+else");
            Assert.Equal(seesAll, searched.Total > 0);
        }

        async Task<(int Total, string Body)> ListAsync(HttpClient client, string query)
        {
            var list = await Platform.ReadAsync(await client.GetAsync($"api/v1/recordings?page_size=100{query}"), 200);
            // A page that holds everything is counted by reading it; one that does not, by asking.
            var narrow = await Platform.ReadAsync(await client.GetAsync($"api/v1/recordings?page_size=1{query}"), 200);
            Assert.Equal(list.GetProperty("total").GetInt32(), narrow.GetProperty("total").GetInt32());
            return (list.GetProperty("total").GetInt32(), list.ToString());
        }
    }

    async Task<List<string>> TryAsync(RightsWalk walk, RightsTable.Row row, string who, Whose whose, int expected)
    {
        var wrong = new List<string>();
        var (client, request, ids) = await walk.RequestAsync(row, who, whose);
        using var _ = request;
        var before = await AuditRowsAsync();
        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        // A stream of events does not end.
        var body = answer.Content.Headers.ContentType?.MediaType == "text/event-stream" ? "" : await answer.Content.ReadAsStringAsync();
        var rows = await AuditRowsAsync() - before;
        var what = $"{row.Route} by {who}, {whose}";
        var status = (int)answer.StatusCode;
        if (status != expected)
            wrong.Add($"{what}: {status}, not {expected}: {body}");
        if (status >= 400)
            RightsWalk.HoldsNothing(what, body, ids);
        // A 401 is nobody's deed: it is counted, not recorded. Waiting for what is not there yet is no deed either.
        var audited = row.Route.Contains(" /api/v1/", StringComparison.Ordinal) && !row.Route.EndsWith("/me", StringComparison.Ordinal) || !row.Route.StartsWith("GET", StringComparison.Ordinal);
        // Nor is listening for events: they name what happened, and opening that is on record.
        var listens = row.Route.StartsWith("GET /api/v1/events", StringComparison.Ordinal) && status is (200 or 400);
        // Nor is reading what one has saved oneself, or what the sources are called.
        var ownWords = row.Route is "GET /api/v1/me/filters" or "GET /api/v1/recordings/sources" && status is 200;
        var due = audited && status is not (401 or 409) && !listens && !ownWords ? 1 : 0;
        if (audited && rows != due)
            wrong.Add($"{what}: {rows} audit rows for a {status}, not {due}");
        return wrong;
    }

    async Task<int> AuditRowsAsync() => int.Parse(await running.ValueAsync("select count(*) from audit"), CultureInfo.InvariantCulture);

    async Task<Dictionary<string, string>> RoutesAsync() =>
        (await running.Platform.ReadRoutesAsync()).EnumerateArray().ToDictionary(r => r.GetProperty("route").GetString()!, r => r.GetProperty("policy").GetString()!);
}
