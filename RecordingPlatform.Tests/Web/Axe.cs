using System.Text.Json;
using Microsoft.Playwright;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Web;

/// <summary>axe-core's rules for WCAG 2.2, levels A and AA, on the page as it stands.</summary>
internal static class Axe
{
    static readonly Lazy<Task<string>> Source = new(LoadAsync);

    public static async Task AssertAccessibleAsync(IPage page)
    {
        // Evaluated by the debugger, so the page's own policy stays as strict as it is.
        await page.EvaluateAsync(await Source.Value);
        var found = await page.EvaluateAsync<JsonElement>("""
            async () => (await axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] })).violations
              .flatMap(v => v.nodes.map(n => `${v.id}: ${n.html.slice(0, 160)} ${n.any.map(a => a.message).join("; ").slice(0, 200)}`))
            """);
        var faults = found.EnumerateArray().Select(f => f.GetString()).ToList();
        Assert.True(faults.Count == 0, $"{page.Url}\n{string.Join('\n', faults)}");
    }

    static async Task<string> LoadAsync()
    {
        var folder = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../Web/axe"));
        var file = Path.Combine(folder, "node_modules/axe-core/axe.min.js");
        if (!File.Exists(file))
            await Run.ToEndAsync("npm", "--prefix", folder, "ci", "--ignore-scripts", "--loglevel=error");
        return await File.ReadAllTextAsync(file);
    }
}
