using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Access;

/// <summary>How the api starts: the last line of its program is the call that is made here.</summary>
public sealed class RoutePolicyTests
{
    [Fact]
    public async Task A_host_with_a_route_that_says_nothing_of_who_may_use_it_does_not_start_and_names_it()
    {
        await using var app = Build(out var address);
        app.MapGet("/alive", Answer).AllowAnonymous("A sign of life.");
        app.MapGet("/recordings", Answer).RequirePermission(Permission.RecordingsRead);
        app.MapPost("/forgotten/{id:guid}", Answer);
        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync(app));
        Assert.Contains("POST /forgotten/{id:guid}", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("/alive", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("/recordings", refusal.Message, StringComparison.Ordinal);
        await NobodyListensAsync(app, address);
    }

    [Fact]
    public async Task Anonymous_without_a_reason_is_no_policy()
    {
        await using var app = Build(out var address);
        app.MapGet("/open", Answer).AllowAnonymous();
        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync(app));
        Assert.Contains("GET /open", refusal.Message, StringComparison.Ordinal);
        await NobodyListensAsync(app, address);
    }

    [Fact]
    public async Task The_list_of_routes_is_not_printed_either_while_one_says_nothing()
    {
        await using var app = Build(out _);
        app.MapDelete("/forgotten", Answer);
        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync(app, RoutePolicy.Command));
        Assert.Contains("DELETE /forgotten", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_whose_routes_all_have_one_starts()
    {
        await using var app = Build(out var address);
        app.MapGet("/alive", Answer).AllowAnonymous("A sign of life.");
        app.MapGet("/mine", Answer).RequireAuthorization();
        app.MapGet("/recordings", Answer).RequirePermission(Permission.RecordingsRead);
        var running = RoutePolicy.RunAsync(app, []);
        await Until.TrueAsync(() => Task.FromResult(app.Lifetime.ApplicationStarted.IsCancellationRequested || running.IsCompleted), TimeSpan.FromSeconds(30), "it has started");
        using (var client = new HttpClient())
            Assert.Equal("here", await client.GetStringAsync(new Uri(address, "alive")));
        app.Lifetime.StopApplication();
        await running;
    }

    // One that starts after all would never end.
    static Task StartAsync(WebApplication app, params string[] args) => RoutePolicy.RunAsync(app, args).WaitAsync(TimeSpan.FromSeconds(30));

    static ContentHttpResult Answer() => TypedResults.Text("here");

    static WebApplication Build(out Uri address)
    {
        address = new Uri($"http://127.0.0.1:{Ports.Free()}/");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(address.ToString());
        builder.Services.AddAuthentication();
        builder.Services.AddAuthorization();
        return builder.Build();
    }

    static async Task NobodyListensAsync(WebApplication app, Uri address)
    {
        Assert.False(app.Lifetime.ApplicationStarted.IsCancellationRequested);
        using var client = new HttpClient();
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(new Uri(address, "alive")));
    }
}
