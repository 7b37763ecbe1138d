Console.Error.WriteLine("usage: vxe COMMAND");
return 2;
