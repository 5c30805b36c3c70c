using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Completeness;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Recordings;
using RecordingPlatform.Tests.Recordings;

namespace RecordingPlatform.Tests.Conversations;

/// <summary>How the very statements behind the history and completeness are executed over a million conversations (a hundredth without --scale).</summary>
public sealed class HistoryPlanTests(ListingPlanTests.Million million) : IClassFixture<ListingPlanTests.Million>
{
    static readonly string[] Big = ["conversations", "conversation_viewers", "participants", "recordings", "appointments", "expectations"];

    public static readonly TheoryData<string> Roles = ListingPlanTests.Roles;

    static readonly (string Name, ConversationFilter Filter)[] Filters =
    [
        ("nothing", new()),
        ("from, to", new() { From = ListingPlanTests.Million.Newest.AddDays(-40), To = ListingPlanTests.Million.Newest.AddDays(-39) }),
        ("alarms", new() { Kind = ConversationKind.Alarm }),
        ("sessions", new() { Kind = ConversationKind.Session }),
        ("internal", new() { Direction = Direction.Internal }),
        ("source", new() { Source = "pbx" }),
        ("source and kind", new() { Source = "pbx", Kind = ConversationKind.Alarm }),
        ("number", new() { Digits = "4930000471" }),
        ("digits", new() { Digits = "471" }),
        ("participant", new() { Participant = "person-12" }),
        ("rare words", new() { Text = "call-4711" }),
        ("common words", new() { Text = "call-" }),
        ("audio", new() { Media = ConversationMedia.Audio }),
        ("video", new() { Media = ConversationMedia.Video }),
        ("missing", new() { Media = ConversationMedia.Missing }),
    ];

    /// <summary>Of each part (five at most: uploaded, granted, and two or three of the role) 21 rows in order, and what is looked up for each.</summary>
    const int PageReads = 300;

    /// <summary>
    /// A filter that hardly anything meets is looked for within each part, and a part is what one person has: the most are the
    /// 38,700 sessions of one clinician, asked for alarms.
    /// </summary>
    const int FilteredReads = 50_000;

    /// <summary>
    /// Media are asked for of each conversation, in order until the page is full: of 102,000 calls none has a picture, and each
    /// costs its recording. What is missing is asked of each kind an operator sees.
    /// </summary>
    const int MediaReads = 150_000;

    static int MostReads(ConversationFilter filter) => filter.Media is not null ? MediaReads : filter.HasRest ? FilteredReads : PageReads;

    [Theory, MemberData(nameof(Roles))]
    public async Task A_page_of_the_history_reads_no_more_than_it_needs_wherever_it_lies(string role)
    {
        var (halfWay, deep) = (await million.DeepAsync(0.5, "conversations", "started_at"), await million.DeepAsync(0.9, "conversations", "started_at"));
        var places = new (string Name, TimeCursor? Cursor, bool Back)[] { ("first", null, false), ("half way", halfWay, false), ("deep", deep, false), ("back from half way", halfWay, true), ("back from deep", deep, true) };
        var wrong = new List<string>();
        foreach (var (name, filter) in Filters)
        {
            foreach (var (place, cursor, back) in places)
            {
                // Words are first looked for among the newest.
                var plans = await million.PlansAsync(filter.HasWords ? 3 : 2, async db =>
                {
                    var (search, caller) = (new ConversationSearch(db), CallerOf(role));
                    await (back ? search.PageBeforeAsync(filter, caller, cursor!.Value, 20, default) : search.PageAsync(filter, caller, cursor, 0, 20, default));
                    await search.CountAsync(filter, caller, default);
                });
                TestContext.Current.SendDiagnosticMessage("{0}, {1}, {2}: {3} rows and {4:0.0} ms, counted in {5} rows and {6:0.0} ms", role, name, place, plans[^2].Rows, plans[^2].Milliseconds, plans[^1].Rows, plans[^1].Milliseconds);
                if (plans[^2].Rows > MostReads(filter))
                    wrong.Add($"{role}, {name}, {place}: {plans[^2].Rows} rows:\n{plans[^2].Sql}\n{plans[^2].Text}");
                if (filter.HasWords && plans[0].Rows > 2000)
                    wrong.Add($"{role}, {name}, {place}: looks at {plans[0].Rows} of the newest:\n{plans[0].Sql}\n{plans[0].Text}");
                foreach (var plan in plans.Where(p => p.Nodes.Any(n => n.Type == "Seq Scan" && Big.Contains(n.Table))))
                    wrong.Add($"{role}, {name}, {place}: reads all of a big table:\n{plan.Sql}\n{plan.Text}");
            }
        }
        Assert.True(wrong.Count == 0, string.Join("\n\n", wrong));
    }

    /// <summary>A page in order; the count of thirty days with each one's conversation looked up, where the role goes by its kind.</summary>
    [Theory, InlineData("admin"), InlineData("operator"), InlineData("clinician"), InlineData("clinician of many")]
    public async Task Completeness_reads_its_time_and_no_further(string role)
    {
        foreach (var (states, source) in new (ExpectationState[]?, string?)[] { (null, null), ([ExpectationState.Expected, ExpectationState.Late], null), ([ExpectationState.Absent], null), (null, "pbx") })
        {
            var filter = new ExpectationFilter { From = ListingPlanTests.Million.Newest.AddDays(-30), To = ListingPlanTests.Million.Newest.AddDays(1), States = states, Source = source };
            var plans = await million.PlansAsync(4, async db =>
            {
                var (search, caller) = (new ExpectationSearch(db), CallerOf(role));
                await search.PageAsync(filter, caller, null, 0, 20, default);
                await search.CountAsync(filter, caller, default);
                // The last reads the names of the sources.
                await search.TallyAsync(filter, caller, [.. Enumerable.Range(0, 32).Select(day => ListingPlanTests.Million.Newest.AddDays(day - 31))], default);
            });
            TestContext.Current.SendDiagnosticMessage("{0}, {1} {2}: page {3} rows and {4:0.0} ms, counted in {5} and {6:0.0} ms, tallied in {7} and {8:0.0} ms", role, states?.Length, source,
                plans[0].Rows, plans[0].Milliseconds, plans[1].Rows, plans[1].Milliseconds, plans[2].Rows, plans[2].Milliseconds);
            foreach (var plan in plans.Take(3))
                Assert.True(!plan.Nodes.Any(n => n.Type == "Seq Scan" && Big.Contains(n.Table)), $"{role}: reads all of a big table:\n{plan.Sql}\n{plan.Text}");
            // Of thirty days and one: one in two conversations, which begin every 31 seconds.
            var within = Math.Min(ListingPlanTests.Million.Count, TimeSpan.FromDays(31) / TimeSpan.FromSeconds(31)) / 2;
            Assert.True(plans[2].Rows <= within * 4 + 1000, $"{role} counts {within} in {plans[2].Rows} rows:\n{plans[2].Sql}\n{plans[2].Text}");
            Assert.True(plans[0].Rows <= within * 4 + 1000, $"{role} reads {plans[0].Rows} rows for a page:\n{plans[0].Sql}\n{plans[0].Text}");
        }
    }

    static Caller CallerOf(string role) => ListingPlanTests.Million.CallerOf(role) with { Permissions = new HashSet<string> { Permission.CompletenessRead } };
}
