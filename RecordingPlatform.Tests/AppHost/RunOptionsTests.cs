using RecordingPlatform.AppHost.Local;

namespace RecordingPlatform.Tests.AppHost;

public sealed class RunOptionsTests
{
    static ParsedOptions Parse(params string[] args) => RunOptions.Parse(args, "/srv/here");

    [Fact]
    public void Without_options_everything_has_its_default()
    {
        var values = Assert.IsType<RunOptions>(Parse()).ToConfiguration("/srv/data").ToDictionary();

        Assert.Equal("/srv/data", values["data"]);
        Assert.Equal("8080", values["web-port"]);
        Assert.Equal("8081", values["api-port"]);
        Assert.Equal("azurite", values["store"]);
        Assert.Equal("false", values["no-demo"]);
    }

    [Theory]
    [InlineData("--data", "d", "--web-port", "9000", "--api-port", "9001", "--no-demo")]
    [InlineData("--no-demo", "--api-port=9001", "--web-port=9000", "--data=d")]
    public void Values_may_follow_a_space_or_an_equals_sign(params string[] args)
    {
        var options = Assert.IsType<RunOptions>(Parse(args));

        Assert.Equal("/srv/here/d", options.Data);
        Assert.Equal((9000, 9001, false), (options.WebPort, options.ApiPort, options.Demo));
    }

    [Theory]
    [InlineData("--bogus")]
    [InlineData("here")]
    [InlineData("--data")]
    [InlineData("--data=")]
    [InlineData("--web-port", "http")]
    [InlineData("--api-port", "0")]
    [InlineData("--store", "tape")]
    [InlineData("--no-demo=maybe")]
    public void Nonsense_is_answered_with_the_usage_and_code_2(params string[] args)
    {
        var refused = Assert.IsType<RunOptions.Refused>(Parse(args));

        Assert.Equal(2, refused.ExitCode);
        Assert.Contains(args[0].Split('=')[0], refused.Message.Split('\n')[0], StringComparison.Ordinal);
        Assert.Contains("usage: ./run", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Help_is_no_mistake()
    {
        var help = Assert.IsType<RunOptions.Refused>(Parse("--help"));

        Assert.Equal((0, RunOptions.Usage), (help.ExitCode, help.Message));
    }

    [Theory]
    [InlineData("disk")]
    [InlineData("azurite")]
    public void Recordings_lie_where_they_are_told_to(string store)
    {
        var options = Assert.IsType<RunOptions>(Parse("--store", store));

        Assert.Equal(store, options.ToConfiguration("/srv/data").ToDictionary()["store"]);
    }

    [Fact]
    public void Only_a_default_port_gives_way()
    {
        var options = Assert.IsType<RunOptions>(Parse("--web-port", "8080"));

        Assert.False(options.MayMove(8080));
        Assert.True(options.MayMove(8081));
    }

    [Fact]
    public void The_usage_names_every_option_that_is_understood()
    {
        foreach (var option in (string[])["--data", "--web-port", "--api-port", "--store", "--no-demo", "--help"])
        {
            Assert.Contains($"\n  {option} ", RunOptions.Usage, StringComparison.Ordinal);
        }
    }
}
