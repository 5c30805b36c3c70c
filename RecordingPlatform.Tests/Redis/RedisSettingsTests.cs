using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using RecordingPlatform.Core.Redis;

namespace RecordingPlatform.Tests.Redis;

public sealed class RedisSettingsTests
{
    [Theory]
    [InlineData("cache", "cache", 6379)]
    [InlineData("cache:7000", "cache", 7000)]
    [InlineData("cache,ssl=true", "cache", 6380)]
    [InlineData("::1", "::1", 6379)]
    [InlineData("[::1]:7000", "::1", 7000)]
    public void The_server_is_named_with_or_without_its_port(string text, string host, int port)
    {
        var settings = RedisSettings.Parse(text);

        Assert.Equal((host, port), (settings.Host, settings.Port));
    }

    [Fact]
    public void Options_are_those_that_Aspire_and_Azure_write()
    {
        var settings = RedisSettings.Parse("cache.example:10000, password=a=b==,SSL=True,user=me,abortConnect=false,asyncTimeout=250,connectTimeout=3000");

        Assert.Equal(("a=b==", "me", true), (settings.Password, settings.User, settings.Tls));
        Assert.Equal((TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(3)), (settings.CallTimeout, settings.ConnectTimeout));
    }

    [Theory]
    [InlineData("password=sesame", "names no server")]
    [InlineData("one:1,two:2,password=sesame", "names more than one server")]
    [InlineData("cache:sesame", "names a port that is none")]
    [InlineData("cache,ssl=sesame", "has an option ssl whose value is not possible")]
    [InlineData("cache,defaultDatabase=sesame", "has an option defaultDatabase whose value is not possible")]
    [InlineData("cache,tunnel=sesame", "has an option tunnel, which is not known")]
    public void What_makes_no_sense_stops_the_start_with_its_name_and_without_its_value(string text, string why)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("ConnectionStrings:redis", text)]).Build();

        var refused = Assert.Throws<OptionsValidationException>(() => new ServiceCollection().AddRedis(configuration));

        Assert.Equal([$"ConnectionStrings:redis {why}"], refused.Failures);
    }
}
